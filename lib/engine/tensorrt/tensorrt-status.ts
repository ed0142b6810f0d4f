import { tryLoadTensorRt } from '../../native/load-addon.js'
import { findTensorRt, lineOf, type TensorRtProduct } from '../../native/tensorrt-search.js'
import type { BackendStatus } from '../backend.js'
import { productTitles } from './open-library.js'

/**
 * Whether plans can be built with a TensorRT that is installed here, as far as its files tell. The library itself is not
 * loaded, which takes long, and the driver is not asked: {@link checkEnvironment} does both. Never throws.
 */
export function tensorrtStatus(product: TensorRtProduct): BackendStatus {
  const fitting = findTensorRt().filter((one) => one.product === product)
  const full = fitting.find((one) => one.kind === 'full' && lineOf(one) !== null)
  const cure = 'Run `enginery doctor`: it says what is missing.'
  if (full === undefined) {
    const reason = fitting.length === 0 ? 'was not found' : `is here without a builder that enginery works with`
    return { name: product, available: false, reason: `${productTitles[product]} ${reason}`, cure }
  }
  const loaded = tryLoadTensorRt(lineOf(full) as 'v10' | 'v11' | 'rtx')
  if ('reason' in loaded) {
    return { name: product, available: false, reason: loaded.reason.message, cure: loaded.reason.cure }
  }
  return { name: product, available: true, version: String(full.major) }
}

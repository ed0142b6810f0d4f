import type { LayerPrecision } from '../../precision-report.js'
import type { OptimizedLayer } from './optimized-layers.js'

/** Why a node of the model is not INT8, where that is known besides the plan. */
export type NodeReason = (node: string) => string | null

// Kernels of convolutions and matrix products, by any of TensorRT's names: CaskConvolution, CaskConvActPool, correlation, gemm.
const heavyTypes = /conv|correlation|gemm|matmul|matrix_?multiply|fullyconnected|mha/i

// A kernel that TensorRT's compiler wrote is called by what it does, one thing after the other: __myl_CorrMulAddRelu_myl0_1.
const heavySteps = /^__myl_\w*?(?:Corr|Conv|Gemm|Fc)(?=[A-Z_])|^_gemm_/
const reformatSteps = /^__myl_(?:Move)+_/

// A region that older versions show as one layer.
const regions = /^(?:myelin|foreignnode)$/i

const uncounted = /^(?:constant|noop|signal|wait)$/i

/**
 * What the layers of a plan compute in. TensorRT does not say it in so many words: it is the type that a layer reads, as
 * NVIDIA's own tools take it.
 *
 * @param heavyNodes convolutions and products of the model. One that no kernel for such things is made of is computed by some
 * other: the first that is made of it counts
 */
export function precisionsOfEngine(
  layers: readonly OptimizedLayer[],
  heavyNodes: ReadonlySet<string>,
  reasonOf: NodeReason,
): LayerPrecision[] {
  const counted = layers.filter((layer) => !isReformat(layer) && !uncounted.test(layer.type ?? ''))
  const heavy = new Set(counted.filter(isHeavyKernel))
  const found = new Set([...heavy].flatMap(({ nodes }) => nodes))
  for (const node of heavyNodes) {
    const other = found.has(node) ? undefined : counted.find(({ nodes }) => nodes.includes(node))
    if (other !== undefined) heavy.add(other)
  }
  return counted.map((layer) => describeLayer(layer, heavy.has(layer), reasonOf))
}

export function countReformats(layers: readonly OptimizedLayer[]): number {
  return layers.filter(isReformat).length
}

function isReformat({ name, type }: OptimizedLayer): boolean {
  return /^reformat$/i.test(type ?? '') || /^Reformatting CopyNode/.test(name) || reformatSteps.test(name)
}

function isHeavyKernel({ name, type, operation }: OptimizedLayer): boolean {
  return regions.test(type ?? '') || heavyTypes.test(type ?? '') || heavyTypes.test(operation ?? '') || heavySteps.test(name)
}

function describeLayer(layer: OptimizedLayer, isHeavy: boolean, reasonOf: NodeReason): LayerPrecision {
  const { name } = layer
  const type = layer.type ?? 'unknown'
  const isRegion = regions.test(type)
  const precision = isRegion ? 'unknown' : precisionOf(layer)
  const isFloat = isHeavy && precision !== 'i8'
  return { name, type, precision, isHeavy, reason: isFloat ? explain(layer, isRegion, reasonOf) : null }
}

function precisionOf({ inputs, outputs }: OptimizedLayer): string {
  return inputs.find(({ type }) => type !== null)?.type ?? outputs.find(({ type }) => type !== null)?.type ?? 'unknown'
}

function explain({ nodes, name, tactic }: OptimizedLayer, isRegion: boolean, reasonOf: NodeReason): string {
  if (isRegion) return 'TensorRT shows this region as one layer and does not say what is in it'
  const known = (nodes.length > 0 ? nodes : [name]).flatMap((node) => {
    const reason = reasonOf(node)
    if (reason === null) return []
    // Kernels that its compiler wrote are called by what they do.
    return [name.includes(node) ? reason : `${node}: ${reason}`]
  })
  if (known.length > 0) return [...new Set(known)].join('; ')
  return `TensorRT found this kernel to be the fastest of those allowed${tactic === null ? '' : `: ${tactic}`}`
}

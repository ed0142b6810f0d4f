import { engineryError, isEngineryError } from '../../errors/enginery-error.js'

/**
 * Runs what observes a model on samples, and says where that fails for want of OpenVINO what it has to do with TensorRT.
 *
 * @param what needs the samples: `INT8`, `f16 that keeps to samples`
 * @throws TENSORRT_NEEDS_OPENVINO; what `run` throws
 */
export async function explainMissingOpenVino<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const isMissing = isEngineryError(error) && (error.code === 'ADDON_NOT_FOUND' || error.code === 'ADDON_LOAD_FAILED')
    if (!isMissing) throw error
    const [reason = ''] = error.message.split('\n')
    throw engineryError(
      'TENSORRT_NEEDS_OPENVINO',
      { what, reason: reason.replace(/\.? Tried:$/, ''), advice: error.cure },
      { cause: error },
    )
  }
}

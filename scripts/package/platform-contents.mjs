// What the platform packages carry besides the addon, as data. A new platform is a new row and a folder in packages/.

const runtime = ['libopenvino.so.2641', 'libtbb.so.12', 'libtbbmalloc.so.2', 'libtbbbind_2_5.so.3', 'libhwloc.so.15']
const cpu = ['libopenvino_intel_cpu_plugin.so']
/** The GPU plugin looks for its table of tuned kernels (cache.json) beside itself. */
const gpu = ['libopenvino_intel_gpu_plugin.so', 'cache.json']
/** AUTO and MULTI are one plugin. */
const combining = ['libopenvino_auto_plugin.so', 'libopenvino_hetero_plugin.so', 'libopenvino_auto_batch_plugin.so']
const frontend = (name) => `libopenvino_${name}_frontend.so.2641`
const smallFormats = ['onnx', 'ir', 'tensorflow_lite', 'paddle'].map(frontend)

/**
 * Folder in packages/ -> addons by the folder that they have in the package ('.' where there is but one), libraries of
 * OpenVINO's, and the most bytes it may take unpacked (where a size is promised).
 *
 * @type {Record<string, { platform: string, addons: Record<string, string>, libraries: string[], maximumUnpacked?: number }>}
 */
export const platformContents = {
  'openvino-linux-x64': {
    platform: 'linux-x64',
    addons: { '.': 'openvino' },
    libraries: [...runtime, ...cpu, ...gpu, ...combining, ...smallFormats, frontend('tensorflow')],
  },
  'openvino-cpu-linux-x64': {
    platform: 'linux-x64',
    addons: { '.': 'openvino' },
    libraries: [...runtime, ...cpu, ...combining, ...smallFormats],
    maximumUnpacked: 100e6,
  },
  'tensorrt-linux-x64': {
    platform: 'linux-x64',
    addons: { v10: 'tensorrt-v10', v11: 'tensorrt-v11', rtx: 'tensorrt-rtx' },
    libraries: [],
    maximumUnpacked: 5e6,
  },
}

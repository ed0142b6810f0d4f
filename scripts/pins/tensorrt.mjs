// What `npm run setup -- --tensorrt` brings: TensorRT's headers, which the addons are compiled with, and libraries,
// which tests load. NVIDIA's files are fetched from the registries that have them and never passed on. `bytes` are the
// downloads, said before they begin; `unpack` is the part of each archive that is kept.

/**
 * @typedef {object} TensorRtPart
 * @property {string} what for messages
 * @property {{ client: 'cargo' | 'pip' | 'maven', name: string, version: string }} from
 * @property {string} sha256 of the file that the registry has
 * @property {number} bytes
 * @property {number} unpacked bytes
 * @property {'crate' | 'zip'} archive
 * @property {string} platform Node's name of the machine that it is for; '*' for any
 * @property {Record<string, string>} unpack folder in the archive -> folder in .deps/tensorrt
 */

/** The folder names in .deps/tensorrt/headers are those of the addons' roots in native/tensorrt. */
export const headerFolders = { v10: 'headers/v10', v11: 'headers/v11', rtx: 'headers/rtx' }

/** @type {Record<string, TensorRtPart>} */
export const tensorrtParts = {
  'headers-10': {
    what: 'headers of TensorRT 10.16',
    from: { client: 'cargo', name: 'trtx-sys', version: '0.5.0' },
    sha256: '1efd9036abbd2775da5df4e49793ec8e656f026fb9c60dff7e95bda2d654e634',
    bytes: 527_008,
    unpacked: 968_276,
    archive: 'crate',
    platform: '*',
    unpack: { 'trtx-sys-0.5.0/TensorRT-Headers/TRT-Enterprise-10.16': headerFolders.v10 },
  },
  'headers-11': {
    what: 'headers of TensorRT 11.4 and of TensorRT-RTX 1.7',
    from: { client: 'cargo', name: 'trtx-sys', version: '0.9.1+rtx1.7' },
    sha256: '5480ee056292951daa1bc74532162d6cb75190f091e45d7d97c0c356916ae171',
    bytes: 1_024_770,
    unpacked: 1_859_145,
    archive: 'crate',
    platform: '*',
    unpack: {
      'trtx-sys-0.9.1+rtx1.7/TensorRT-Headers/TRT-Enterprise-11.4': headerFolders.v11,
      'trtx-sys-0.9.1+rtx1.7/TensorRT-Headers/TRT-RTX-1.7': headerFolders.rtx,
    },
  },
  rtx: {
    what: 'TensorRT-RTX 1.7',
    from: { client: 'pip', name: 'tensorrt-rtx-cu13-libs', version: '1.7.1.116' },
    sha256: 'e3fd45fed001240d63304e77a2d4006319b839994237cb294b6e7ad72acaabcd',
    bytes: 95_153_708,
    unpacked: 238_111_232,
    archive: 'zip',
    platform: 'linux-x64',
    unpack: { tensorrt_rtx_libs: 'rtx-1.7' },
  },
  'lean-10': {
    what: 'the lean runtime of TensorRT 10.15',
    from: { client: 'pip', name: 'tensorrt-lean-cu12-libs', version: '10.15.1.29' },
    sha256: '87fc3782ca5ca2c7e6e278494e47eb2953ab11284ce446d79b4e9b02bf5e67bb',
    bytes: 47_643_457,
    unpacked: 114_922_064,
    archive: 'zip',
    platform: 'linux-x64',
    unpack: { tensorrt_lean_libs: 'lean-10.15' },
  },
  'lean-11': {
    what: 'the lean runtime of TensorRT 11.4',
    from: { client: 'pip', name: 'tensorrt-lean-cu12-libs', version: '11.4.0.106' },
    sha256: '091458056315f2ff7d8aa1b324ce8f9a0b227016fe223dfb60fc783eb8659478',
    bytes: 46_279_425,
    unpacked: 111_652_128,
    archive: 'zip',
    platform: 'linux-x64',
    unpack: { tensorrt_lean_libs: 'lean-11.4' },
  },
  'full-10': {
    what: 'TensorRT 10.15 with its builder',
    from: { client: 'maven', name: 'org.bytedeco:tensorrt', version: '10.15-1.5.13:jar:linux-x86_64-redist' },
    sha256: '8543a6bda95c5d42141d409e1b74024b444e96334a3815d53997cc4ec3cfce83',
    bytes: 533_640_349,
    unpacked: 929_725_072,
    archive: 'zip',
    platform: 'linux-x64',
    unpack: { 'org/bytedeco/tensorrt/linux-x86_64': '10.15' },
  },
}

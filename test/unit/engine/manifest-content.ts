import type { EngineIdentity, ManifestContent } from '../../../lib/engine/manifest.js'

/** An identity to vary in tests. */
export const identity: EngineIdentity = {
  backend: 'openvino',
  model: { sha256: 'a'.repeat(64), bytes: 100, name: 'm.onnx', format: 'onnx' },
  options: { device: 'CPU', precision: 'fp32', hints: { streams: 2 } },
  versions: { enginery: '0.1.0', openvino: '2026.4.1' },
  devices: [{ name: 'CPU', fullName: 'A processor', properties: {} }],
  cpuFeatures: ['avx2', 'fma'],
}

export const content: ManifestContent = {
  ...identity,
  inputs: [{ name: 'x', names: ['x', 'x:0'], type: 'f32', shape: [1, 'dynamic', [1, 8], [1, 'dynamic']] }],
  outputs: [{ name: 'y', names: ['y'], type: 'f32', shape: null }],
  precisions: { f32: 10, i8: 3 },
  requestCount: 2,
}

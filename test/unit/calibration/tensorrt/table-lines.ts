/** A table as TensorRT 8.5 writes it for a small classifier: names with colons, spaces and slashes, layers without names. */
export const writtenByTensorRt = [
  'TRT-8510-EntropyCalibration2',
  'x: 4000890a',
  '/conv1/Conv_output_0: 3f9db09c',
  'images:0: 3fb6163c',
  '(Unnamed Layer* 8) [Constant]_output: 39137939',
  '(Unnamed Layer* 9) [Matrix Multiply]_output: 3e74c2e0',
  'y: 3e1338d5',
  '',
].join('\n')

import type { ErrorEntry } from '../error-entry.js'

export const quantizationErrors = {
  IGNORED_SCOPE_UNMATCHED: {
    topic: 'Quantization',
    message: 'Nothing in the model fits what the ignored scope names: {what}',
    cure: 'Take names of nodes, tensors and operators from the file as it is, or pass `validate: false`. Close to it: {suggestions}.',
  },
  MODEL_QUANTIZED: {
    topic: 'Quantization',
    message: '{model} is quantized already: it has {operators}',
    cure: "Quantize the float model it was made from; or pass `onQuantized: 'pass'` to take it as it is, and build engines of it without precision 'int8'.",
  },
  QUANTIZATION_INACCURATE: {
    topic: 'Quantization',
    message:
      'The quantized model does not do what the float model does: expected {expected}, received {received}, on {inferences} samples. {reason}',
    cure: "{cure} `effort: 'thorough'` (--effort thorough) tries more; `onInaccurate: 'keep'` (--keep-inaccurate) writes the model as it is. No file was written.",
  },
  QUANTIZATION_NOT_ONNX: {
    topic: 'Quantization',
    message: '{model} is in the format {format}; only ONNX models can be quantized',
    cure: 'Export the model to ONNX from where it was trained, and quantize that.',
  },
} as const satisfies Record<string, ErrorEntry>

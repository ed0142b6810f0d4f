import type { ErrorEntry } from '../error-entry.js'

export const modelFilesErrors = {
  MODEL_NOT_FOUND: {
    topic: 'Model files',
    message: 'There is no model at {path}',
    cure: 'Check the path; a relative one starts at the working directory, {workingDirectory}.',
  },
  MODEL_EMPTY: {
    topic: 'Model files',
    message: '{model} is empty: 0 bytes',
    cure: 'Export or copy the model again; an interrupted download or a full disk leaves such a file.',
  },
  MODEL_FORMAT_UNKNOWN: {
    topic: 'Model files',
    message: '{model} is in no known model format: {reason}',
    cure: 'Pass ONNX (.onnx), OpenVINO IR (.xml with .bin), TensorFlow Lite (.tflite), Paddle (.pdmodel) or TensorFlow (a SavedModel folder, .pb, .meta).',
  },
  MODEL_CORRUPT: {
    topic: 'Model files',
    message: '{model} is damaged: {reason}',
    cure: 'Export or copy the model again and compare its size with the original; if git manages it, check that Git LFS fetched it.',
  },
  MODEL_NOT_READ: {
    topic: 'Model files',
    message: 'The engine could not read {model}: {reason}',
    cure: 'Check the file with the tool that exported it; the log lines of the engine are in `engineLog`.',
  },
  MODEL_UNSUPPORTED: {
    topic: 'Model files',
    message: '{model} uses what the engine does not support: {reason}',
    cure: 'Export the model with another opset or without these operations, or load an extension that implements them.',
  },
  MODEL_CHANGE_REFUSED: {
    topic: 'Model files',
    message: 'The model cannot be changed that way: {reason}',
    cure: 'Compare the change with the inputs, outputs and operations that `enginery inspect` prints.',
  },
  MODEL_CHANGED: {
    topic: 'Model files',
    message: '{model} was written to while it was in use',
    cure: 'Begin again when nothing writes to it any more.',
  },
  MODEL_BUSY: {
    topic: 'Model files',
    message: 'The model is in use by another call',
    cure: 'Await one call on a model before the next, or give each its own clone().',
  },
  EXTERNAL_DATA_MISSING: {
    topic: 'Model files',
    message: '{model} keeps weights in {location}, which is not there',
    cure: 'Put the file back beside the model, under the very name it was exported with: {expectedPath}.',
  },
  EXTERNAL_DATA_INVALID: {
    topic: 'Model files',
    message: '{model} names {location} as a file of weights: {reason}',
    cure: 'Export the model again with its weights in a file beside it. Files outside the folder of the model are never read.',
  },
  OPSET_UNSUPPORTED: {
    topic: 'Model files',
    message: '{model} uses operator set {received} of ONNX, expected one from {oldest} to {newest}',
    cure: 'Export the model again with another opset; 17 is understood everywhere.',
  },
  OPERATORS_NOT_RAISED: {
    topic: 'Model files',
    message: '{model} uses operator set {from} of ONNX, and cannot be rewritten for {to}, because of: {operators}',
    cure: 'Export the model again with opset {to} or later.',
  },
  OPERATION_NOT_FOUND: {
    topic: 'Model files',
    message: 'The model has no tensor or operation {name}',
    cure: 'Use a name that `enginery inspect` lists. Close to it: {suggestions}.',
  },
} as const satisfies Record<string, ErrorEntry>

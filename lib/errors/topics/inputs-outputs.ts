import type { ErrorEntry } from '../error-entry.js'

export const inputsOutputsErrors = {
  INPUT_MISSING: {
    topic: 'Inputs and outputs',
    message: 'Input {name} is missing: expected {expected}, received {received}',
    cure: 'Pass a value for every input of `engine.inputs`.',
  },
  INPUT_UNKNOWN: {
    topic: 'Inputs and outputs',
    message: 'There is no input {name}; the inputs are {expected}',
    cure: 'Use the names of `engine.inputs`; each of the names in `names` works.',
  },
  INPUT_TYPE: {
    topic: 'Inputs and outputs',
    message: 'Input {name}: expected elements of type {expected}, received {received}',
    cure: 'Convert the data, or let the engine do it: preprocess.inputs with `tensor.type` set to what you have.',
  },
  INPUT_SHAPE: {
    topic: 'Inputs and outputs',
    message: 'Input {name}: expected shape {expected}, received {received}',
    cure: 'Pass data of that shape, or build the engine for yours with the option `shapes`.',
  },
  INPUT_SHAPE_NEEDED: {
    topic: 'Inputs and outputs',
    message: 'Input {name} has the dynamic shape {expected}, so a plain array does not say which shape it has',
    cure: 'Pass a Tensor: Tensor.from(data, shape).',
  },
  INPUT_SIZE: {
    topic: 'Inputs and outputs',
    message: 'Input {name}: expected {expected}, received {received}',
    cure: 'Pass exactly as many elements as the shape has; a view into a larger buffer is fine.',
  },
  INPUT_INVALID: {
    topic: 'Inputs and outputs',
    message: 'Input {name}: expected a Tensor, a typed array or an array of strings, received {received}',
    cure: 'Wrap the data, for example new Float32Array(values) or Tensor.from(values, shape).',
  },
  OUTPUT_UNKNOWN: {
    topic: 'Inputs and outputs',
    message: 'There is no output {name}; the outputs are {expected}',
    cure: 'Use the names of `engine.outputs`.',
  },
  OUTPUT_INVALID: {
    topic: 'Inputs and outputs',
    message: 'The tensor passed for output {name} cannot take it: expected {expected}, received {received}',
    cure: 'Create it with Tensor.allocate(type, shape) for the type and shape in `engine.outputs`.',
  },
  PORT_MISMATCH: {
    topic: 'Inputs and outputs',
    message: '{reason}',
    cure: 'Compare what you pass with `engine.inputs` and `engine.outputs`.',
  },
  SHAPE_INVALID: {
    topic: 'Inputs and outputs',
    message: 'Shape of {name}: expected {expected}, received {received}',
    cure: 'Give a length, a range [min, max] or -1 per dimension, within what the model allows.',
  },
  DECODE_OUTPUTS_UNFIT: {
    topic: 'Inputs and outputs',
    message: 'The {decoder} decoder expected {expected}; the model gave {received}',
    cure: "Name the outputs in the decoder's option outputs, set its other options to what the model was made with, or choose the decoder that fits the model.",
  },
  DECODE_GEOMETRY_UNFIT: {
    topic: 'Inputs and outputs',
    message: 'The {decoder} decoder expected a geometry for each of {batch} samples, received {geometries}',
    cure: 'Pass context.geometry as preparing the pictures returned it; the last pictures of a padded batch may be left out.',
  },
  DECODE_CHARSET_UNFIT: {
    topic: 'Inputs and outputs',
    message: 'The ctc decoder expected {expected} classes, which are {characters} characters{extra}; the model gives {received}',
    cure: 'Take the list of characters that belongs to the model; PP-OCR adds a space that its list lacks (option appendSpace).',
  },
  DECODE_RESULT_INVALID: {
    topic: 'Inputs and outputs',
    message: 'The custom decoder should return one result for each of {expected} samples, it returned {received}',
    cure: 'Return an array with an entry for each sample of the batch.',
  },
} as const satisfies Record<string, ErrorEntry>

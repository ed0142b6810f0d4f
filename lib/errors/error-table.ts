/**
 * Every error a user can meet, as data: a message that says what was expected and what came, a cure that says what to
 * do, and the heading it is listed under in `docs/errors.md`.
 *
 * `{name}` marks a parameter: `engineryError` requires it by type. Append to a topic; a code, once published, keeps its
 * meaning. After a change here: `npx vitest run test/unit/errors --update` rewrites the documentation.
 */
export interface ErrorEntry {
  readonly topic: ErrorTopic
  readonly message: string
  readonly cure: string
}

export type ErrorTopic =
  | 'Options and configuration'
  | 'Model files'
  | 'Tensors'
  | 'Inputs and outputs'
  | 'Building engines'
  | 'Saved engines'
  | 'Devices and backends'
  | 'Inference'
  | 'Evaluation'
  | 'Data files'
  | 'Pictures'
  | 'Reading and writing files'
  | 'Addons'
  | 'Everything else'

export const errorTable = {
  // ---- Options and configuration
  OPTION_INVALID: {
    topic: 'Options and configuration',
    message: '{caller}: option {option}: {reason}',
    cure: 'Correct the option; its type is in the typings and its meaning in the documentation.',
  },
  CONFIG_INVALID: {
    topic: 'Options and configuration',
    message: '{file}:{line}: {reason}',
    cure: 'Correct that line of the configuration file.',
  },
  USAGE_INVALID: {
    topic: 'Options and configuration',
    message: '{reason}',
    cure: 'Run the command with --help to see what it takes.',
  },
  PREPROCESS_INVALID: {
    topic: 'Options and configuration',
    message: 'The preprocessing does not fit the model: {reason}',
    cure: 'Compare the steps with the layout, shape and element type of the port, as `enginery inspect` prints them.',
  },
  PREPROCESS_IMPORT_FAILED: {
    topic: 'Options and configuration',
    message: '{source} cannot be imported: {reason}',
    cure: 'Take that part out if it says nothing about pixels, or write the preprocessing down by hand: it is a few lines.',
  },
  PREPROCESS_NOT_MOVABLE: {
    topic: 'Options and configuration',
    message: 'The preprocessing cannot be moved into the model with the same result: {reason}',
    cure: 'Leave it outside the model, where it is done by createPreprocessor().',
  },

  // ---- Model files
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
    message: '{model} was written while an engine was built of it',
    cure: 'Build again when nothing writes to it any more.',
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

  // ---- Tensors
  TENSOR_TYPE_INVALID: {
    topic: 'Tensors',
    message: 'Expected one of the element types {expected}, received {received}',
    cure: 'Use one of these names.',
  },
  TENSOR_SHAPE_INVALID: {
    topic: 'Tensors',
    message: 'Expected a shape of whole numbers, each at least 0, whose product stays below 2^53; received {received}',
    cure: 'Pass the shape as an array of lengths, for example [1, 3, 224, 224].',
  },
  TENSOR_DATA_INVALID: {
    topic: 'Tensors',
    message: 'A tensor {type}[{shape}] is held by {expected}, received {received}',
    cure: 'Pass data of that kind and length, or another type or shape.',
  },
  TENSOR_DETACHED: {
    topic: 'Tensors',
    message: 'The memory of {what} is gone: its ArrayBuffer was transferred or shrunk',
    cure: 'Pass a copy to the worker or structure that took the buffer, or create the tensor again.',
  },
  TENSOR_IN_USE: {
    topic: 'Tensors',
    message: '{what} is being written by a running inference',
    cure: 'Await that inference first, or pass another tensor: one per inference that runs at the same time.',
  },
  TENSOR_RELEASED: {
    topic: 'Tensors',
    message: 'The tensor {type}[{shape}] was released: its memory is back in the pool',
    cure: 'Read the data before release(), keep a copy (Tensor.copyOf), or do not release the tensor.',
  },

  // ---- Inputs and outputs
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

  // ---- Building engines
  ENGINE_BUILD_FAILED: {
    topic: 'Building engines',
    message: 'The engine could not be built for {device}: {reason}',
    cure: 'Read `engineLog`; try the same model with device CPU and no further options to see which of the two is at fault.',
  },
  ENGINE_CLOSED: {
    topic: 'Building engines',
    message: '{what} was closed',
    cure: 'Close an engine after its last use only; build or load it again to go on.',
  },
  PRECISION_UNSUPPORTED: {
    topic: 'Building engines',
    message: 'Device {device} does not compute in {precision}; it offers {available}',
    cure: "Build with precision 'fp32', or for a device that has it. A precision is never replaced by another.",
  },
  CALLBACK_FAILED: {
    topic: 'Building engines',
    message: 'The callback {callback} threw: {reason}',
    cure: 'Correct the callback; what it threw is the `cause`.',
  },
  PROPERTY_INVALID: {
    topic: 'Building engines',
    message: 'The engine refuses a property: {reason}',
    cure: 'Compare names and values with the properties that `enginery doctor` lists for the device.',
  },
  EXTENSION_FAILED: {
    topic: 'Building engines',
    message: 'The extension {path} could not be loaded: {reason}',
    cure: 'Build the extension for exactly the OpenVINO version that `enginery doctor` prints.',
  },

  // ---- Saved engines
  ENGINE_NOT_FOUND: {
    topic: 'Saved engines',
    message: 'There is no saved engine at {path}',
    cure: 'Check the path; engine.save(path) writes the engine there and its manifest beside it.',
  },
  ENGINE_CORRUPT: {
    topic: 'Saved engines',
    message: 'The saved engine {path} is damaged: {reason}',
    cure: 'Copy it again together with its manifest, or build and save it again.',
  },
  ENGINE_MISMATCH: {
    topic: 'Saved engines',
    message: 'The saved engine {path} does not fit here:\n{differences}',
    cure: 'Build it again here, or let loadEngine do so: pass onMismatch "rebuild" and the model.',
  },
  ENGINE_IMPORT_FAILED: {
    topic: 'Saved engines',
    message: 'The engine refused the saved engine {path}: {reason}',
    cure: 'Build and save it again with the versions in use here.',
  },
  ENGINE_EXPORT_FAILED: {
    topic: 'Saved engines',
    message: 'The engine could not be exported: {reason}',
    cure: 'Check that the device supports export (`enginery doctor` lists EXPORT_IMPORT among its capabilities).',
  },
  MANIFEST_MISSING: {
    topic: 'Saved engines',
    message: 'The saved engine {path} has no manifest: {manifestPath} is not there',
    cure: 'Copy the manifest along with the engine. Without it nothing says what the bytes were built for, and they are not loaded.',
  },
  MANIFEST_INVALID: {
    topic: 'Saved engines',
    message: 'The manifest {path} cannot be used: {reason}',
    cure: 'Build and save the engine again; a manifest is not meant to be edited.',
  },
  CACHE_UNUSABLE: {
    topic: 'Saved engines',
    message: 'The engine cache {path} cannot be used: {reason}',
    cure: 'Make the folder writable, name another one with the option `cache`, or turn the cache off with cache: false.',
  },

  // ---- Devices and backends
  DEVICE_NOT_FOUND: {
    topic: 'Devices and backends',
    message: 'There is no device {device} here; available: {available}',
    cure: 'Use one of these; `enginery doctor` says what a missing device needs. No other device is ever taken in its place.',
  },
  DEVICE_FAILED: {
    topic: 'Devices and backends',
    message: 'Device {device} cannot be used: {reason}',
    cure: 'Run `enginery doctor` to see what the device needs.',
  },
  DEVICE_LIBRARY_MISSING: {
    topic: 'Devices and backends',
    message: 'Device {device} needs the library {library}, which is not installed: {reason}',
    cure: 'Install the driver of the device; for Intel GPUs on Debian and Ubuntu: apt install ocl-icd-libopencl1 intel-opencl-icd.',
  },
  BACKEND_UNAVAILABLE: {
    topic: 'Devices and backends',
    message: 'The backend {backend} cannot be used here: {reason}',
    cure: 'Run `enginery doctor` to see what it needs.',
  },
  BACKEND_UNSUPPORTED: {
    topic: 'Devices and backends',
    message: 'The backend {backend} cannot do this: {reason}',
    cure: 'Use another backend, or leave the option out.',
  },

  // ---- Inference
  ABORTED: {
    topic: 'Inference',
    message: '{what} was aborted by its signal',
    cure: 'Nothing is wrong: the AbortSignal fired. Its reason is the `cause`.',
  },
  INFERENCE_FAILED: {
    topic: 'Inference',
    message: 'The inference failed: {reason}',
    cure: 'Check that the inputs hold values that the model was made for; the log lines of the engine are in `engineLog`.',
  },
  INFERENCE_CANCELLED: {
    topic: 'Inference',
    message: 'The inference was cancelled: {reason}',
    cure: 'Await inferences before closing the engine; to cancel on purpose pass a `signal`.',
  },
  PROFILE_UNAVAILABLE: {
    topic: 'Inference',
    message: 'There is no profile: {reason}',
    cure: 'Build the engine with profiling turned on and run an inference first.',
  },

  // ---- Evaluation
  METRIC_ANNOTATION_MISSING: {
    topic: 'Evaluation',
    message: '{metric} needs {what}, and sample {sample} has none',
    cure: 'Choose a metric that fits the annotations, or complete them; a picture in which there is nothing has an empty list.',
  },
  METRIC_CATEGORY_UNKNOWN: {
    topic: 'Evaluation',
    message: '{metric}: {what} of sample {sample} is class {category}; the dataset has {count} classes, from 0',
    cure: "Map the model's classes to the dataset's with the decoder's option for that, or check that both belong together.",
  },
  METRIC_RESULT_INVALID: {
    topic: 'Evaluation',
    message: '{metric} cannot score sample {sample}: {reason}',
    cure: 'Look at the outputs of the model for this sample, and at its annotations; NaN comes from a broken model or a wrong decoder.',
  },
  METRIC_SAMPLE_REPEATED: {
    topic: 'Evaluation',
    message: '{metric}: sample {sample} occurs twice',
    cure: 'Give each sample an id of its own, and add its result once.',
  },
  METRIC_SAMPLE_UNKNOWN: {
    topic: 'Evaluation',
    message: '{metric}: sample {sample} is not in the dataset',
    cure: 'Score results with the dataset they were made from.',
  },
  METRIC_TASK_MISMATCH: {
    topic: 'Evaluation',
    message: '{metric} scores results of the task {expected}, received {received} for sample {sample}',
    cure: 'Choose a metric for what the decoder returns, or the other way round.',
  },
  METRIC_UNDEFINED: {
    topic: 'Evaluation',
    message: '{metric} has no value: {reason}',
    cure: 'Score samples that have something to be scored: more of them, or others.',
  },
  METRIC_NEEDED: {
    topic: 'Evaluation',
    message: 'No metric was asked for, and none is usual for results of the task {task}.',
    cure: 'Name the metrics, or pass your own (createCustomMetric).',
  },
  RESULT_COUNT: {
    topic: 'Evaluation',
    message: 'Sample {sample}: the decoder gave {received} results, expected {expected}.',
    cure: 'Return one result for each sample of the batch; a batch of an evaluation has one.',
  },
  RESULTS_MISMATCH: {
    topic: 'Evaluation',
    message: '{path} holds results of something else: {reason}.',
    cure: 'Choose another folder for results, or delete the file to begin anew.',
  },
  RESULTS_INVALID: {
    topic: 'Evaluation',
    message: '{path}:{line}: no results of an evaluation: {reason}.',
    cure: 'Choose another folder for results, or delete the file to begin anew.',
  },
  METRIC_FUNCTION_FAILED: {
    topic: 'Evaluation',
    message: '{metric}: the function {what} failed: {reason}',
    cure: 'Correct the function; what it threw is the `cause`.',
  },
  METRIC_VALUE_INVALID: {
    topic: 'Evaluation',
    message: '{metric}: {what} should be a finite number, received {received}',
    cure: 'Correct the function so that it returns a number for all samples, those without results too.',
  },
  BOOTSTRAP_SAMPLES_DIFFER: {
    topic: 'Evaluation',
    message: '{metric} can compare two models on the same samples only: {reason}',
    cure: 'Score both models on the same dataset, and leave out of both what failed in one.',
  },

  // ---- Data files
  NPY_INVALID: {
    topic: 'Data files',
    message: '{file} cannot be read as .npy: {reason}',
    cure: 'Write it again with numpy.save(file, array).',
  },
  NPZ_INVALID: {
    topic: 'Data files',
    message: '{file} cannot be read as .npz: {reason}',
    cure: 'Write it again with numpy.savez(file, name=array).',
  },
  NPY_TRUNCATED: {
    topic: 'Data files',
    message: '{file} is cut short: expected {expected} bytes, received {received}',
    cure: 'Copy or write the file again; an interrupted copy or a full disk leaves such a file.',
  },
  NPY_UNSUPPORTED_DTYPE: {
    topic: 'Data files',
    message: '{file}: element type {received} is not supported; expected {expected}',
    cure: 'Convert the array first: array.astype("float32") in Python, toFloat32 here.',
  },
  NPZ_ARRAY_NOT_FOUND: {
    topic: 'Data files',
    message: '{file} has no array {name}; it has {expected}',
    cure: 'Use one of these names; numpy.savez names arrays passed without a name arr_0, arr_1, ...',
  },
  DATASET_FORMAT_UNKNOWN: {
    topic: 'Data files',
    message: 'The format of the dataset at {path} is not clear: {reason}',
    cure: 'Say it with the option `format`: one of {formats}.',
  },
  DATASET_INVALID: {
    topic: 'Data files',
    message: '{file} cannot be read as {format}: {reason}',
    cure: 'Correct the file, or choose another `format`.',
  },
  DATASET_EMPTY: {
    topic: 'Data files',
    message: 'The dataset at {path} has no samples: {reason}',
    cure: 'Check the folder; pictures are recognised by their extension.',
  },
  DATASET_MISMATCH: {
    topic: 'Data files',
    message: 'Pictures and annotations do not match: {problems}',
    cure: 'Correct the annotations, or leave out `strict` to go on and find this in `warnings`.',
  },
  PICTURE_BROKEN: {
    topic: 'Data files',
    message: '{id} could not be read: {reason}',
    cure: "Replace or remove the picture, or pass `onBroken: 'skip'` to go on without it.",
  },

  // ---- Pictures
  IMAGE_DECODER_MISSING: {
    topic: 'Pictures',
    message: 'Pictures are decoded by the package sharp, which could not be loaded: {reason}',
    cure: 'Install it next to enginery: npm install sharp@{version}. It is optional: tensors and .npy files need no decoder.',
  },
  IMAGE_CORRUPT: {
    topic: 'Pictures',
    message: '{image} cannot be decoded: {reason}',
    cure: 'Open it in a viewer; copy or download it again, or leave it out.',
  },
  IMAGE_TOO_LARGE: {
    topic: 'Pictures',
    message: '{image} has {width} x {height} pixels, more than the limit of {limit}',
    cure: 'Raise `maxPixels` if the picture is to be trusted: a small file can unpack to any size.',
  },
  IMAGE_INVALID: {
    topic: 'Pictures',
    message: 'The picture and what is asked of it do not fit: {reason}',
    cure: 'Pass width, height and data as decodeImage() returns them, and a plan that matches the tensor.',
  },

  // ---- Reading and writing files
  FILE_NOT_FOUND: {
    topic: 'Reading and writing files',
    message: 'There is no file {path}',
    cure: 'Check the path; a relative one starts at the working directory.',
  },
  FILE_NOT_READ: {
    topic: 'Reading and writing files',
    message: '{path} could not be read: {reason}',
    cure: 'Check that it is a file and that this user may read it.',
  },
  FILE_NOT_WRITTEN: {
    topic: 'Reading and writing files',
    message: '{path} could not be written: {reason}',
    cure: 'Check free space and permissions of the folder. What was there before is unchanged.',
  },

  // ---- Addons
  ADDON_NOT_FOUND: {
    topic: 'Addons',
    message: 'The addon {addon} for {platform} was not found. Tried:\n{tried}',
    cure: '{advice}',
  },
  ADDON_LOAD_FAILED: {
    topic: 'Addons',
    message: 'The addon {addon} for {platform} could not be loaded. Tried:\n{tried}',
    cure: '{advice}',
  },

  // ---- Everything else
  OUT_OF_MEMORY: {
    topic: 'Everything else',
    message: 'Memory ran out: {reason}',
    cure: 'Use smaller shapes or fewer requests, close engines that are not needed, or raise the memory limit of the container.',
  },
  BUG: {
    topic: 'Everything else',
    message: 'A fault in enginery itself: {reason}',
    cure: 'Please report it with this message, `cause`, and the output of `enginery doctor --json`.',
  },
} as const satisfies Record<string, ErrorEntry>

/** The codes of {@link errorTable}; match on `error.code`. */
export type ErrorCode = keyof typeof errorTable

/** The names between braces in a template. */
export type PlaceholdersOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PlaceholdersOf<Rest>
  : never

/** What a placeholder may be filled with; lists are joined with commas. */
export type ErrorParam = string | number | bigint | boolean | readonly (string | number | bigint)[]

/** The parameters that an error of this code needs: those of its message and of its cure. */
export type ErrorParams<Code extends ErrorCode> = {
  readonly [Name in PlaceholdersOf<(typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['cure']>]: ErrorParam
}

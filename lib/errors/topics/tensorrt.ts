import type { ErrorEntry } from '../error-entry.js'

export const tensorrtErrors = {
  TENSORRT_NOT_FOUND: {
    topic: 'Devices and backends',
    message: '{product} was not found. Looked in:\n{tried}',
    cure: '{advice}',
  },
  TENSORRT_VERSION_UNSUPPORTED: {
    topic: 'Devices and backends',
    message: '{path} is {found}; enginery works with {supported}',
    cure: 'Install one of these, or name it: TENSORRT_ROOT, or the option `library` with the path of its core library.',
  },
  TENSORRT_LIBRARY_FAILED: {
    topic: 'Devices and backends',
    message: 'The library {path} cannot be used: {reason}',
    cure: 'Install TensorRT again, or name another copy: TENSORRT_ROOT, or the option `library`.',
  },
  TENSORRT_LIBRARY_BUSY: {
    topic: 'Devices and backends',
    message: 'This process uses {loaded} already and cannot use {path} besides',
    cure: 'Work with the other library in a process of its own (child_process.fork): a worker thread is not enough.',
  },
  TENSORRT_NO_BUILDER: {
    topic: 'Devices and backends',
    message: '{path} is a runtime without a builder: it runs plans and makes none',
    cure: 'Install the full TensorRT, or build with TensorRT-RTX: `library: "tensorrt-rtx"`.',
  },
  TENSORRT_NO_DEVICE: {
    topic: 'Devices and backends',
    message: 'TensorRT {version} builds on the GPU that it builds for, and there is none here: {reason}',
    cure: 'Build where the GPU is, with its driver installed; plans for other machines are made without a GPU by TensorRT-RTX: `library: "tensorrt-rtx"` with `builder.computeCapabilities`.',
  },
  TENSORRT_OPTION_UNSUPPORTED: {
    topic: 'Options and configuration',
    message: '{library} has no {option}',
    cure: '{instead}',
  },
  TENSORRT_OPTION_REFUSED: {
    topic: 'Options and configuration',
    message: '{library} refuses the options: {reason}',
    cure: 'Correct the value; what TensorRT said of it is in `engineLog`.',
  },
  TENSORRT_PLUGIN_LIBRARY_FAILED: {
    topic: 'Options and configuration',
    message: 'The library of plugins {path} cannot be used: {reason}',
    cure: 'Name the file of a shared library that exports `getCreators` or registers its creators, compiled with the headers of {library} and linked with all that it needs.',
  },
  TENSORRT_PROFILE_INVALID: {
    topic: 'Inputs and outputs',
    message: 'The shapes of {model} cannot be built: {reason}',
    cure: 'Give every open dimension a length in `shapes`, or a range in `profiles`: min, opt and max of its input, each with all dimensions.',
  },
  TENSORRT_MODEL_UNSUPPORTED: {
    topic: 'Model files',
    message: 'TensorRT does not take {model}:\n{problems}',
    cure: '{cure}',
  },
  TENSORRT_BUILD_FAILED: {
    topic: 'Building engines',
    message: '{library} could not build {model}: {reason}',
    cure: 'What TensorRT wrote meanwhile is in `engineLog`, and with `logger` every line of it; `enginery inspect --tensorrt` says what of a model TensorRT takes.',
  },
  TENSORRT_LAYER_UNKNOWN: {
    topic: 'Options and configuration',
    message: 'The option builder.{option} names {pattern}, and {reason}',
    cure: '{cure}',
  },
  TENSORRT_INT8_SHARE_LOW: {
    topic: 'Building engines',
    message:
      'Of the layers of {model} that could be INT8, {quantized} of {of} are, {evidence}; requireInt8 asks for a share of {required}. Not INT8:\n{layers}',
    cure: 'Quantize what is named (`quantization.ignored`, samples or quantizers in the model decide it), or ask for less: `requireInt8`. The plan was not kept; `details.report` has all layers.',
  },
  TENSORRT_PRECISION_UNKNOWN: {
    topic: 'Building engines',
    message: 'What the layers of {model} compute in is not known, so that requireInt8 cannot be judged: {reason}',
    cure: 'Build where the GPU is, with `builder.profilingVerbosity: "detailed"`, which is the default there; or give a model with quantizers, of which the network says what is INT8.',
  },
  TENSORRT_NEEDS_OPENVINO: {
    topic: 'Calibration',
    message: '{what} for TensorRT is prepared with samples, which run on OpenVINO, and that is missing: {reason}',
    cure: 'A model with quantizers, or precision fp16 without samples, needs no OpenVINO. {advice}',
  },
  TENSORRT_CALIBRATION_FAILED: {
    topic: 'Calibration',
    message: 'The calibration was stopped: {reason}',
    cure: 'Correct what gives the batches; the failure itself is the `cause`.',
  },
} as const satisfies Record<string, ErrorEntry>

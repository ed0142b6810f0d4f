import type { ErrorEntry } from '../error-entry.js'

export const tensorrtNetworkErrors = {
  NETWORK_LAYER_INVALID: {
    topic: 'Building engines',
    message: 'The network does not take {layer}: {reason}',
    cure: 'Correct the call that adds the layer.',
  },
  NETWORK_INCOMPLETE: {
    topic: 'Building engines',
    message: 'The network {network} has no {missing}',
    cure: 'Add inputs with `addInput`, and say with `markOutput` which tensors come out.',
  },
  TENSORRT_NETWORK_REFUSED: {
    topic: 'Building engines',
    message: '{library} refuses the network: {reason}',
    cure: 'Correct the layer that is named; what TensorRT wrote meanwhile is in `engineLog`.',
  },
  TENSORRT_PLUGIN_UNAVAILABLE: {
    topic: 'Building engines',
    message: '{library} makes no plugin of the network: {reason}',
    cure: 'Correct name, version and fields. Plugins that come with TensorRT need its plugin library (libnvinfer_plugin) beside the core one; libraries of your own are the option `plugins`.',
  },
  WTS_INVALID: {
    topic: 'Data files',
    message: 'Line {line} of {path} is no line of a .wts file: expected {expected}, received {received}',
    cure: 'Write the file again: a line with the number of weights, then for each a line of its name, its number of elements, and these as hexadecimal digits of float32.',
  },
  WTS_WEIGHT_UNKNOWN: {
    topic: 'Data files',
    message: '{path} has no weight {name}; it has {known}',
    cure: 'Correct the name, or write the file from the model that the network is of.',
  },
} as const satisfies Record<string, ErrorEntry>

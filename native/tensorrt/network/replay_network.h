#pragma once

#include "../error_recorder.h"
#include "network_definition.h"

namespace enginery::tensorrt {

// Makes in `network` what `definition` says, layer by layer; the definition must outlive the network, whose weights it holds.
// The recorder is the one of the network. Throws NativeError: TRT_NETWORK (TensorRT refuses a layer; which, and in its words),
// TRT_PLUGIN, NATIVE_ARGUMENT.
void replay_network(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network, const NetworkDefinition& definition,
                    const ErrorRecorder& recorder);

}  // namespace enginery::tensorrt

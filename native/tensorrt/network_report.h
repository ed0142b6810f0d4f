#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

struct NetworkTensor {
    std::string name;
    std::string type;
    std::vector<int64_t> shape;  // -1 where open
    bool is_shape_tensor = false;
};

struct NetworkLayer {
    std::string name;
    std::string type;
    // What of several things it does: `max` of a pooling; empty for layers that do just one.
    std::string operation;
    std::vector<std::string> inputs;
    std::vector<NetworkTensor> outputs;
    // What was set of the layer alone (layer_settings.h); empty where nothing was.
    std::string precision;
    std::vector<std::string> output_types;  // of each output
    std::string device;
};

// A network before TensorRT optimizes it.
struct NetworkReport {
    std::vector<NetworkTensor> inputs;
    std::vector<NetworkTensor> outputs;
    std::vector<NetworkLayer> layers;
};

NetworkReport describe_network(const nvinfer1::INetworkDefinition& network);

}  // namespace enginery::tensorrt

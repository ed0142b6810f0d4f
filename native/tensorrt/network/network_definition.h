#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../line.h"

namespace enginery::tensorrt {

// Elements of a layer, or of a constant. TensorRT reads them where they are for as long as the network lives.
struct NetworkWeights {
    nvinfer1::DataType type = nvinfer1::DataType::kFLOAT;
    int64_t count = 0;
    std::string bytes;
};

// A tensor that a layer makes; without a name it keeps the one that TensorRT gives it.
struct TensorDefinition {
    std::string name;
    std::optional<std::pair<float, float>> dynamic_range;  // 10.x
};

struct PluginFieldDefinition {
    std::string name;
    std::string type;
    int32_t length = 0;
    std::string bytes;
};

// One call to a network definition, by name: what it takes, and what is set on the layer afterwards. What is not given stays
// as TensorRT has it.
struct LayerDefinition {
    std::string kind;
    std::string name;
    std::string metadata;
    std::vector<int> inputs;  // numbers of tensors, which count from the first layer on; -1 where none is given
    std::map<std::string, std::string> choices;
    std::map<std::string, double> numbers;
    std::map<std::string, std::vector<int64_t>> lists;
    std::map<std::string, std::vector<float>> factors;
    std::map<std::string, int> weights;  // index into NetworkDefinition::weights
    std::vector<PluginFieldDefinition> fields;
    std::vector<TensorDefinition> outputs;
    std::string precision;                  // 10.x
    std::vector<std::string> output_types;  // 10.x; empty texts where TensorRT chooses
};

// A network as it was written down in JavaScript (lib/engine/tensorrt/network), inputs being layers of the kind "input".
struct NetworkDefinition {
    std::vector<LayerDefinition> layers;
    std::vector<int> outputs;  // numbers of tensors
    std::vector<NetworkWeights> weights;
};

}  // namespace enginery::tensorrt

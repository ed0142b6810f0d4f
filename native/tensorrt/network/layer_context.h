#pragma once

#include <string>
#include <vector>

#include "../line.h"
#include "../option_names.h"
#include "network_definition.h"

namespace enginery::tensorrt {

// One recorded layer beside the network that it is made in: tensors by their place among its inputs, settings by name.
class LayerContext {
public:
    LayerContext(nvinfer1::IBuilder& builder, nvinfer1::INetworkDefinition& network, const NetworkDefinition& definition,
                 const LayerDefinition& layer, const std::vector<nvinfer1::ITensor*>& tensors)
        : builder(builder), network(network), layer(layer), definition_(definition), tensors_(tensors) {}

    bool has_input(size_t place) const noexcept { return place < layer.inputs.size() && layer.inputs[place] >= 0; }
    // Throws NativeError NATIVE_ARGUMENT where there is none.
    nvinfer1::ITensor& input(size_t place) const;
    // All of them, in order.
    std::vector<nvinfer1::ITensor*> inputs() const;
    // Hands the layer the inputs from `place` on that are given: those that TensorRT has no parameter for.
    void set_inputs_from(size_t place, nvinfer1::ILayer& made) const;

    bool has_list(const char* name) const { return layer.lists.count(name) > 0; }
    bool has_number(const char* name) const { return layer.numbers.count(name) > 0; }
    double number(const char* name, double otherwise) const;
    // Throws NativeError NATIVE_ARGUMENT where it is missing, or too long for TensorRT.
    nvinfer1::Dims dims(const char* name) const;
    // A bit for each axis of the list.
    uint32_t axes(const char* name) const;
    // Elements that are in `definition`; none of the given type where the layer has none of this name.
    nvinfer1::Weights weights(const char* name, nvinfer1::DataType otherwise = nvinfer1::DataType::kFLOAT) const;

    bool has_choice(const char* name) const { return layer.choices.count(name) > 0; }
    template <typename Value>
    Value choice(const char* name, const NamedValues<Value>& values) const {
        const auto found = layer.choices.find(name);
        return value_of(name, values, found == layer.choices.end() ? std::string() : found->second);
    }

    nvinfer1::IBuilder& builder;
    nvinfer1::INetworkDefinition& network;
    const LayerDefinition& layer;

private:
    const NetworkDefinition& definition_;
    const std::vector<nvinfer1::ITensor*>& tensors_;
};

}  // namespace enginery::tensorrt

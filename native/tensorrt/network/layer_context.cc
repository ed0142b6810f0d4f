#include "layer_context.h"

#include "../../shared/native_error.h"

namespace enginery::tensorrt {
namespace {

[[noreturn]] void refuse(const LayerDefinition& layer, const std::string& what) {
    throw NativeError("NATIVE_ARGUMENT", "a layer " + layer.kind + " needs " + what);
}

}  // namespace

nvinfer1::ITensor& LayerContext::input(size_t place) const {
    if (!has_input(place)) refuse(layer, "input " + std::to_string(place));
    const auto number = static_cast<size_t>(layer.inputs[place]);
    if (number >= tensors_.size()) refuse(layer, "tensors of layers before it");
    return *tensors_[number];
}

std::vector<nvinfer1::ITensor*> LayerContext::inputs() const {
    std::vector<nvinfer1::ITensor*> all;
    for (size_t i = 0; i < layer.inputs.size(); ++i) all.push_back(&input(i));
    return all;
}

void LayerContext::set_inputs_from(size_t place, nvinfer1::ILayer& made) const {
    for (size_t i = place; i < layer.inputs.size(); ++i) {
        if (has_input(i)) made.setInput(static_cast<int32_t>(i), input(i));
    }
}

double LayerContext::number(const char* name, double otherwise) const {
    const auto found = layer.numbers.find(name);
    return found == layer.numbers.end() ? otherwise : found->second;
}

nvinfer1::Dims LayerContext::dims(const char* name) const {
    const auto found = layer.lists.find(name);
    if (found == layer.lists.end()) refuse(layer, name);
    nvinfer1::Dims dims{};
    if (found->second.size() > static_cast<size_t>(nvinfer1::Dims::MAX_DIMS)) {
        refuse(layer, std::string(name) + " of at most " + std::to_string(nvinfer1::Dims::MAX_DIMS) + " numbers");
    }
    for (const int64_t length : found->second) dims.d[dims.nbDims++] = length;
    return dims;
}

uint32_t LayerContext::axes(const char* name) const {
    const nvinfer1::Dims list = dims(name);
    uint32_t bits = 0;
    for (int32_t i = 0; i < list.nbDims; ++i) bits |= 1U << static_cast<uint32_t>(list.d[i]);
    return bits;
}

nvinfer1::Weights LayerContext::weights(const char* name, nvinfer1::DataType otherwise) const {
    const auto found = layer.weights.find(name);
    if (found == layer.weights.end()) return {otherwise, nullptr, 0};
    const auto index = static_cast<size_t>(found->second);
    if (index >= definition_.weights.size()) refuse(layer, "weights that are there");
    const NetworkWeights& weights = definition_.weights[index];
    // TensorRT takes no address for nothing.
    return {weights.type, weights.count > 0 ? weights.bytes.data() : nullptr, weights.count};
}

}  // namespace enginery::tensorrt

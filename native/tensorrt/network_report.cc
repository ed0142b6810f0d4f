#include "network_report.h"

#include "network/layer_names.h"
#include "option_names.h"

namespace enginery::tensorrt {
namespace {

NetworkTensor describe_tensor(const nvinfer1::ITensor& tensor, bool is_input) {
    NetworkTensor described;
    described.name = tensor.getName();
    described.type = name_of(data_types(), tensor.getType());
    const nvinfer1::Dims dims = tensor.getDimensions();
    for (int32_t i = 0; i < dims.nbDims; ++i) described.shape.push_back(dims.d[i]);
    // Asked of inputs alone, where profiles need it: for others TensorRT would look through the whole network each time.
    described.is_shape_tensor = is_input && tensor.isShapeTensor();
    return described;
}

std::string operation_of(const nvinfer1::ILayer& layer) {
    using nvinfer1::LayerType;
    switch (layer.getType()) {
        case LayerType::kPOOLING:
            return name_of(pooling_types(), static_cast<const nvinfer1::IPoolingLayer&>(layer).getPoolingType());
        case LayerType::kACTIVATION:
            return name_of(activation_types(), static_cast<const nvinfer1::IActivationLayer&>(layer).getActivationType());
        case LayerType::kELEMENTWISE:
            return name_of(element_wise_operations(), static_cast<const nvinfer1::IElementWiseLayer&>(layer).getOperation());
        case LayerType::kUNARY:
            return name_of(unary_operations(), static_cast<const nvinfer1::IUnaryLayer&>(layer).getOperation());
        case LayerType::kREDUCE:
            return name_of(reduce_operations(), static_cast<const nvinfer1::IReduceLayer&>(layer).getOperation());
        case LayerType::kRESIZE:
            return name_of(interpolation_modes(), static_cast<const nvinfer1::IResizeLayer&>(layer).getResizeMode());
        default: return "";
    }
}

}  // namespace

NetworkReport describe_network(const nvinfer1::INetworkDefinition& network) {
    NetworkReport report;
    for (int32_t i = 0; i < network.getNbInputs(); ++i) report.inputs.push_back(describe_tensor(*network.getInput(i), true));
    for (int32_t i = 0; i < network.getNbOutputs(); ++i) report.outputs.push_back(describe_tensor(*network.getOutput(i), false));
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        const nvinfer1::ILayer& layer = *network.getLayer(i);
        NetworkLayer described;
        described.name = layer.getName();
        described.type = layer_type_name(layer.getType());
        described.operation = operation_of(layer);
        for (int32_t k = 0; k < layer.getNbInputs(); ++k) {
            const nvinfer1::ITensor* input = layer.getInput(k);
            if (input != nullptr) described.inputs.emplace_back(input->getName());
        }
        for (int32_t k = 0; k < layer.getNbOutputs(); ++k) {
            const nvinfer1::ITensor* output = layer.getOutput(k);
            if (output != nullptr) described.outputs.push_back(describe_tensor(*output, false));
        }
        report.layers.push_back(std::move(described));
    }
    return report;
}

}  // namespace enginery::tensorrt

#include "network_report.h"

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

#include "../../shared/native_error.h"
#include "../library.h"
#include "layer_makers.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

nvinfer1::ILayer* make_reduce(const LayerContext& context) {
    return context.network.addReduce(context.input(0), context.choice("operation", reduce_operations()), context.axes("axes"),
                                     context.number("keepDimensions", 0) != 0);
}

nvinfer1::ILayer* make_softmax(const LayerContext& context) {
    auto* layer = context.network.addSoftMax(context.input(0));
    if (layer != nullptr) layer->setAxes(context.axes("axes"));
    return layer;
}

nvinfer1::ILayer* make_topk(const LayerContext& context) {
    const auto operation = context.choice("operation", topk_operations());
    const auto k = static_cast<int32_t>(context.number("k", 0));
#if defined(ENGINERY_TENSORRT_V10)
    if (context.has_choice("indicesType") && !Library::opened().version().at_least(10, 14)) {
        throw NativeError("TRT_NETWORK", "indices of another type than i32 came with TensorRT 10.14");
    }
#endif
    // Without a type of indices, the call that every library has.
    auto* layer = context.has_choice("indicesType")
                      ? context.network.addTopK(context.input(0), operation, k, context.axes("axes"),
                                                context.choice("indicesType", data_types()))
                      : context.network.addTopK(context.input(0), operation, k, context.axes("axes"));
    if (layer != nullptr) context.set_inputs_from(1, *layer);
    return layer;
}

nvinfer1::ILayer* make_matrix_multiply(const LayerContext& context) {
    return context.network.addMatrixMultiply(context.input(0), context.choice("first", matrix_operations()), context.input(1),
                                             context.choice("second", matrix_operations()));
}

nvinfer1::ILayer* make_normalization(const LayerContext& context) {
    auto* layer = context.network.addNormalization(context.input(0), context.input(1), context.input(2), context.axes("axes"));
    if (layer == nullptr) return nullptr;
    if (context.has_number("epsilon")) layer->setEpsilon(static_cast<float>(context.number("epsilon", 0)));
    if (context.has_number("groups")) layer->setNbGroups(static_cast<int64_t>(context.number("groups", 1)));
    return layer;
}

nvinfer1::ILayer* make_einsum(const LayerContext& context) {
    const std::vector<nvinfer1::ITensor*> inputs = context.inputs();
    const auto equation = context.layer.choices.find("equation");
    const std::string text = equation == context.layer.choices.end() ? std::string() : equation->second;
    return context.network.addEinsum(inputs.data(), static_cast<int32_t>(inputs.size()), text.c_str());
}

}  // namespace

const LayerMakers& reducing_layers() {
    static const LayerMakers makers = {
        {"reduce", make_reduce},
        {"softmax", make_softmax},
        {"topk", make_topk},
        {"matrix-multiply", make_matrix_multiply},
        {"normalization", make_normalization},
        {"einsum", make_einsum},
    };
    return makers;
}

}  // namespace enginery::tensorrt

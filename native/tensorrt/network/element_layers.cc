#include "layer_makers.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

nvinfer1::ILayer* make_activation(const LayerContext& context) {
    auto* layer = context.network.addActivation(context.input(0), context.choice("type", activation_types()));
    if (layer == nullptr) return nullptr;
    if (context.has_number("alpha")) layer->setAlpha(static_cast<float>(context.number("alpha", 0)));
    if (context.has_number("beta")) layer->setBeta(static_cast<float>(context.number("beta", 0)));
    return layer;
}

nvinfer1::ILayer* make_element_wise(const LayerContext& context) {
    return context.network.addElementWise(context.input(0), context.input(1),
                                          context.choice("operation", element_wise_operations()));
}

nvinfer1::ILayer* make_unary(const LayerContext& context) {
    return context.network.addUnary(context.input(0), context.choice("operation", unary_operations()));
}

nvinfer1::ILayer* make_scale(const LayerContext& context) {
    // What is not given has the type of what is.
    auto type = nvinfer1::DataType::kFLOAT;
    for (const char* role : {"shift", "scale", "power"}) type = context.weights(role, type).type;
    return context.network.addScaleNd(context.input(0), context.choice("mode", scale_modes()), context.weights("shift", type),
                                      context.weights("scale", type), context.weights("power", type),
                                      static_cast<int32_t>(context.number("channelAxis", 1)));
}

nvinfer1::ILayer* make_parametric_relu(const LayerContext& context) {
    return context.network.addParametricReLU(context.input(0), context.input(1));
}

nvinfer1::ILayer* make_select(const LayerContext& context) {
    return context.network.addSelect(context.input(0), context.input(1), context.input(2));
}

nvinfer1::ILayer* make_identity(const LayerContext& context) {
    return context.network.addIdentity(context.input(0));
}

nvinfer1::ILayer* make_cast(const LayerContext& context) {
    return context.network.addCast(context.input(0), context.choice("toType", data_types()));
}

nvinfer1::ILayer* make_constant(const LayerContext& context) {
    return context.network.addConstant(context.dims("shape"), context.weights("values"));
}

nvinfer1::ILayer* make_quantize(const LayerContext& context) {
    auto* layer = context.network.addQuantize(context.input(0), context.input(1), context.choice("toType", data_types()));
    if (layer != nullptr && context.has_number("axis")) layer->setAxis(static_cast<int32_t>(context.number("axis", 0)));
    return layer;
}

nvinfer1::ILayer* make_dequantize(const LayerContext& context) {
    auto* layer = context.network.addDequantize(context.input(0), context.input(1), context.choice("toType", data_types()));
    if (layer != nullptr && context.has_number("axis")) layer->setAxis(static_cast<int32_t>(context.number("axis", 0)));
    return layer;
}

}  // namespace

const LayerMakers& element_layers() {
    static const LayerMakers makers = {
        {"activation", make_activation},
        {"element-wise", make_element_wise},
        {"unary", make_unary},
        {"scale", make_scale},
        {"parametric-relu", make_parametric_relu},
        {"select", make_select},
        {"identity", make_identity},
        {"cast", make_cast},
        {"constant", make_constant},
        {"quantize", make_quantize},
        {"dequantize", make_dequantize},
    };
    return makers;
}

}  // namespace enginery::tensorrt

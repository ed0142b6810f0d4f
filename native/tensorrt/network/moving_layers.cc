#include "layer_makers.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

nvinfer1::Permutation permutation(const nvinfer1::Dims& order) {
    nvinfer1::Permutation permutation{};
    for (int32_t i = 0; i < order.nbDims; ++i) permutation.order[i] = static_cast<int32_t>(order.d[i]);
    return permutation;
}

nvinfer1::ILayer* make_shuffle(const LayerContext& context) {
    auto* layer = context.network.addShuffle(context.input(0));
    if (layer == nullptr) return nullptr;
    if (context.has_list("firstTranspose")) layer->setFirstTranspose(permutation(context.dims("firstTranspose")));
    if (context.has_number("zeroIsPlaceholder")) layer->setZeroIsPlaceholder(context.number("zeroIsPlaceholder", 1) != 0);
    if (context.has_list("reshape")) layer->setReshapeDimensions(context.dims("reshape"));
    context.set_inputs_from(1, *layer);
    if (context.has_list("secondTranspose")) layer->setSecondTranspose(permutation(context.dims("secondTranspose")));
    return layer;
}

nvinfer1::ILayer* make_concatenation(const LayerContext& context) {
    const std::vector<nvinfer1::ITensor*> inputs = context.inputs();
    auto* layer = context.network.addConcatenation(inputs.data(), static_cast<int32_t>(inputs.size()));
    if (layer != nullptr) layer->setAxis(static_cast<int32_t>(context.number("axis", 0)));
    return layer;
}

nvinfer1::Dims dims_or_empty(const LayerContext& context, const char* name) {
    return context.has_list(name) ? context.dims(name) : nvinfer1::Dims{};
}

nvinfer1::ILayer* make_slice(const LayerContext& context) {
    auto* layer = context.network.addSlice(context.input(0), dims_or_empty(context, "start"), dims_or_empty(context, "size"),
                                           dims_or_empty(context, "stride"));
    if (layer == nullptr) return nullptr;
    if (context.has_choice("mode")) layer->setMode(context.choice("mode", sample_modes()));
    context.set_inputs_from(1, *layer);
    return layer;
}

nvinfer1::ILayer* make_gather(const LayerContext& context) {
    const nvinfer1::GatherMode mode = context.choice("mode", gather_modes());
    auto* layer = context.network.addGatherV2(context.input(0), context.input(1), mode);
    if (layer == nullptr) return nullptr;
    if (context.has_number("axis")) layer->setGatherAxis(static_cast<int32_t>(context.number("axis", 0)));
    if (context.has_number("elementWiseDims")) {
        layer->setNbElementWiseDims(static_cast<int32_t>(context.number("elementWiseDims", 0)));
    }
    return layer;
}

nvinfer1::ILayer* make_resize(const LayerContext& context) {
    auto* layer = context.network.addResize(context.input(0));
    if (layer == nullptr) return nullptr;
    if (context.has_list("shape")) layer->setOutputDimensions(context.dims("shape"));
    const auto scales = context.layer.factors.find("scales");
    if (scales != context.layer.factors.end()) {
        layer->setScales(scales->second.data(), static_cast<int32_t>(scales->second.size()));
    }
    context.set_inputs_from(1, *layer);
    layer->setResizeMode(context.choice("mode", interpolation_modes()));
    if (context.has_choice("coordinates")) {
        layer->setCoordinateTransformation(context.choice("coordinates", coordinate_transformations()));
    }
    if (context.has_choice("singlePixel")) layer->setSelectorForSinglePixel(context.choice("singlePixel", resize_selectors()));
    if (context.has_choice("rounding")) layer->setNearestRounding(context.choice("rounding", resize_rounding_modes()));
    if (context.has_number("cubicCoefficient")) layer->setCubicCoeff(static_cast<float>(context.number("cubicCoefficient", 0)));
    if (context.has_number("excludeOutside")) layer->setExcludeOutside(context.number("excludeOutside", 0) != 0);
    return layer;
}

nvinfer1::ILayer* make_shape(const LayerContext& context) {
    return context.network.addShape(context.input(0));
}

}  // namespace

const LayerMakers& moving_layers() {
    static const LayerMakers makers = {
        {"shuffle", make_shuffle}, {"concatenation", make_concatenation},
        {"slice", make_slice},     {"gather", make_gather},
        {"resize", make_resize},   {"shape", make_shape},
    };
    return makers;
}

}  // namespace enginery::tensorrt

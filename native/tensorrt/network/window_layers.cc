#include "layer_makers.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

template <typename Layer>
void set_window(const LayerContext& context, Layer& layer) {
    if (context.has_list("stride")) layer.setStrideNd(context.dims("stride"));
    if (context.has_list("prePadding")) layer.setPrePadding(context.dims("prePadding"));
    if (context.has_list("postPadding")) layer.setPostPadding(context.dims("postPadding"));
    if (context.has_choice("paddingMode")) layer.setPaddingMode(context.choice("paddingMode", padding_modes()));
}

template <typename Layer>
nvinfer1::ILayer* set_convolution(const LayerContext& context, Layer* layer) {
    if (layer == nullptr) return nullptr;
    set_window(context, *layer);
    if (context.has_list("dilation")) layer->setDilationNd(context.dims("dilation"));
    if (context.has_number("groups")) layer->setNbGroups(static_cast<int64_t>(context.number("groups", 1)));
    // Kernel and bias that are tensors: dequantized weights.
    context.set_inputs_from(1, *layer);
    return layer;
}

nvinfer1::ILayer* make_convolution(const LayerContext& context) {
    const nvinfer1::Weights kernel = context.weights("kernel");
    const auto maps = static_cast<int64_t>(context.number("outputs", 0));
    return set_convolution(context, context.network.addConvolutionNd(context.input(0), maps, context.dims("kernelSize"), kernel,
                                                                     context.weights("bias", kernel.type)));
}

nvinfer1::ILayer* make_deconvolution(const LayerContext& context) {
    const nvinfer1::Weights kernel = context.weights("kernel");
    const auto maps = static_cast<int64_t>(context.number("outputs", 0));
    return set_convolution(context, context.network.addDeconvolutionNd(context.input(0), maps, context.dims("kernelSize"), kernel,
                                                                       context.weights("bias", kernel.type)));
}

nvinfer1::ILayer* make_pooling(const LayerContext& context) {
    auto* layer =
        context.network.addPoolingNd(context.input(0), context.choice("type", pooling_types()), context.dims("windowSize"));
    if (layer == nullptr) return nullptr;
    set_window(context, *layer);
    if (context.has_number("blendFactor")) layer->setBlendFactor(static_cast<float>(context.number("blendFactor", 0)));
    if (context.has_number("averageCountExcludesPadding")) {
        layer->setAverageCountExcludesPadding(context.number("averageCountExcludesPadding", 1) != 0);
    }
    return layer;
}

nvinfer1::ILayer* make_padding(const LayerContext& context) {
    return context.network.addPaddingNd(context.input(0), context.dims("prePadding"), context.dims("postPadding"));
}

nvinfer1::ILayer* make_lrn(const LayerContext& context) {
    return context.network.addLRN(context.input(0), static_cast<int64_t>(context.number("window", 0)),
                                  static_cast<float>(context.number("alpha", 0)), static_cast<float>(context.number("beta", 0)),
                                  static_cast<float>(context.number("k", 0)));
}

}  // namespace

const LayerMakers& window_layers() {
    static const LayerMakers makers = {
        {"convolution", make_convolution},
        {"deconvolution", make_deconvolution},
        {"pooling", make_pooling},
        {"padding", make_padding},
        {"lrn", make_lrn},
    };
    return makers;
}

}  // namespace enginery::tensorrt

#include "preprocess.h"

#include "../shared/native_error.h"

namespace enginery::openvino {
namespace {

using Kind = PreprocessStep::Kind;
using namespace ov::preprocess;

// A single number stands for all channels.
template <typename Steps>
void mean_or_scale(Steps& steps, const PreprocessStep& step) {
    const bool is_mean = step.kind == Kind::mean;
    if (step.values.size() == 1) {
        is_mean ? steps.mean(step.values[0]) : steps.scale(step.values[0]);
    } else {
        is_mean ? steps.mean(step.values) : steps.scale(step.values);
    }
}

void pad(PreProcessSteps& steps, const PreprocessStep& step) {
    if (step.values.size() == 1) {
        steps.pad(step.begin, step.end, step.values[0], step.mode);
    } else {
        steps.pad(step.begin, step.end, step.values, step.mode);
    }
}

void resize(PreProcessSteps& steps, const PreprocessStep& step) {
    if (step.size) {
        steps.resize(step.algorithm, step.size->first, step.size->second);
    } else {
        steps.resize(step.algorithm);
    }
}

// The steps that inputs and outputs share.
template <typename Steps>
bool apply_shared(Steps& steps, const PreprocessStep& step) {
    switch (step.kind) {
        case Kind::element_type:
            step.type ? steps.convert_element_type(*step.type) : steps.convert_element_type();
            return true;
        case Kind::color: steps.convert_color(step.color); return true;
        case Kind::layout:
            step.layout ? steps.convert_layout(ov::Layout(*step.layout)) : steps.convert_layout();
            return true;
        case Kind::clamp: steps.clamp(step.min, step.max); return true;
        default: return false;
    }
}

void apply_input_step(PreProcessSteps& steps, const PreprocessStep& step) {
    if (apply_shared(steps, step)) return;
    switch (step.kind) {
        case Kind::resize: resize(steps, step); break;
        case Kind::mean:
        case Kind::scale: mean_or_scale(steps, step); break;
        case Kind::crop: steps.crop(step.begin, step.end); break;
        case Kind::pad: pad(steps, step); break;
        case Kind::reverse_channels: steps.reverse_channels(); break;
        default: throw NativeError("NATIVE_ARGUMENT", "this step is not for inputs");
    }
}

InputInfo& input_info(PrePostProcessor& processor, const PortPreprocess& port) {
    if (const auto* index = std::get_if<size_t>(&port.port)) return processor.input(*index);
    return processor.input(std::get<std::string>(port.port));
}

OutputInfo& output_info(PrePostProcessor& processor, const PortPreprocess& port) {
    if (const auto* index = std::get_if<size_t>(&port.port)) return processor.output(*index);
    return processor.output(std::get<std::string>(port.port));
}

void describe_input(InputInfo& info, const PortPreprocess& port) {
    InputTensorInfo& tensor = info.tensor();
    if (port.type) tensor.set_element_type(*port.type);
    if (port.shape) tensor.set_shape(*port.shape);
    if (port.layout) tensor.set_layout(ov::Layout(*port.layout));
    if (port.color) tensor.set_color_format(*port.color, port.planes);
    if (port.dynamic_size) tensor.set_spatial_dynamic_shape();
    if (port.size) tensor.set_spatial_static_shape(port.size->first, port.size->second);
    if (port.model_layout) info.model().set_layout(ov::Layout(*port.model_layout));
    for (const auto& step : port.steps) apply_input_step(info.preprocess(), step);
}

void describe_output(OutputInfo& info, const PortPreprocess& port) {
    if (port.model_layout) info.model().set_layout(ov::Layout(*port.model_layout));
    if (port.type) info.tensor().set_element_type(*port.type);
    if (port.layout) info.tensor().set_layout(ov::Layout(*port.layout));
    for (const auto& step : port.steps) {
        if (!apply_shared(info.postprocess(), step)) throw NativeError("NATIVE_ARGUMENT", "this step is not for outputs");
    }
}

}  // namespace

std::shared_ptr<ov::Model> apply_preprocess(const ov::Model& model, const PreprocessDescription& description) {
    // PrePostProcessor changes the model it is given, also when it fails half way.
    PrePostProcessor processor(model.clone());
    for (const auto& port : description.inputs) describe_input(input_info(processor, port), port);
    for (const auto& port : description.outputs) describe_output(output_info(processor, port), port);
    return processor.build();
}

}  // namespace enginery::openvino

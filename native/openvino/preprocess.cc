#include "preprocess.h"

#include "../shared/native_error.h"
#include "log_capture.h"
#include "port.h"

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

// OpenVINO's overload for a list builds a constant that holds one value only.
void pad(PreProcessSteps& steps, const PreprocessStep& step) {
    if (step.values.size() != 1) {
        throw NativeError("OV_PREPROCESS",
                          "padding takes one value for all channels, received " + std::to_string(step.values.size()));
    }
    steps.pad(step.begin, step.end, step.values[0], step.mode);
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
        case Kind::element_type: step.type ? steps.convert_element_type(*step.type) : steps.convert_element_type(); return true;
        case Kind::color: steps.convert_color(step.color); return true;
        case Kind::layout: step.layout ? steps.convert_layout(ov::Layout(*step.layout)) : steps.convert_layout(); return true;
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

// PrePostProcessor takes names too, but its message for an unknown one does not say which exist.
size_t position_of(const std::vector<ov::Output<const ov::Node>>& ports, const PortPreprocess& wanted, const char* kind) {
    if (const auto* index = std::get_if<size_t>(&wanted.port)) {
        if (*index < ports.size()) return *index;
        throw NativeError("OV_PREPROCESS", std::string("there is no ") + kind + " " + std::to_string(*index) +
                                               ": the model has " + std::to_string(ports.size()));
    }
    const auto& name = std::get<std::string>(wanted.port);
    std::string known;
    for (size_t i = 0; i < ports.size(); ++i) {
        if (ports[i].get_names().count(name) != 0 || port_name(ports[i]) == name) return i;
        known += (known.empty() ? "" : ", ") + port_name(ports[i]);
    }
    throw NativeError("OV_PREPROCESS", std::string("the model has no ") + kind + " '" + name + "'; it has " + known);
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

// After a model OpenVINO converts between RGB and BGR alone, so the target names the source.
ColorFormat color_before(ColorFormat target) {
    if (target == ColorFormat::RGB) return ColorFormat::BGR;
    if (target == ColorFormat::BGR) return ColorFormat::RGB;
    throw NativeError("OV_PREPROCESS", "the colours of an output can be converted to RGB or BGR only");
}

void describe_output(OutputInfo& info, const PortPreprocess& port) {
    if (port.model_layout) info.model().set_layout(ov::Layout(*port.model_layout));
    if (port.type) info.tensor().set_element_type(*port.type);
    if (port.layout) info.tensor().set_layout(ov::Layout(*port.layout));
    for (const auto& step : port.steps) {
        if (step.kind == Kind::color) info.model().set_color_format(color_before(step.color));
        if (!apply_shared(info.postprocess(), step)) throw NativeError("NATIVE_ARGUMENT", "this step is not for outputs");
    }
}

}  // namespace

std::shared_ptr<ov::Model> apply_preprocess(const ov::Model& model, const PreprocessDescription& description) {
    return with_engine_log("OV_PREPROCESS", [&] {
        // PrePostProcessor changes the model it is given, also when it fails half way.
        PrePostProcessor processor(model.clone());
        const auto inputs = model.inputs();
        const auto outputs = model.outputs();
        for (const auto& port : description.inputs) describe_input(processor.input(position_of(inputs, port, "input")), port);
        for (const auto& port : description.outputs)
            describe_output(processor.output(position_of(outputs, port, "output")), port);
        return processor.build();
    });
}

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/core/preprocess/pre_post_process.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace enginery::openvino {

// A step with its numbers and words parsed; which of them count depends on the kind.
struct PreprocessStep {
    enum class Kind { element_type, color, layout, resize, mean, scale, crop, pad, reverse_channels, clamp };
    Kind kind = Kind::clamp;
    std::optional<ov::element::Type> type;
    ov::preprocess::ColorFormat color = ov::preprocess::ColorFormat::UNDEFINED;
    std::optional<std::string> layout;
    ov::preprocess::ResizeAlgorithm algorithm = ov::preprocess::ResizeAlgorithm::RESIZE_LINEAR;
    std::optional<std::pair<size_t, size_t>> size;  // height, width
    ov::preprocess::PaddingMode mode = ov::preprocess::PaddingMode::CONSTANT;
    std::vector<float> values;
    std::vector<int> begin;
    std::vector<int> end;
    double min = 0;
    double max = 0;
};

struct PortPreprocess {
    std::variant<size_t, std::string> port;
    std::optional<ov::element::Type> type;
    std::optional<std::string> layout;
    std::optional<ov::preprocess::ColorFormat> color;
    std::vector<std::string> planes;
    std::optional<ov::PartialShape> shape;
    std::optional<std::pair<size_t, size_t>> size;  // height, width of what is passed in
    bool dynamic_size = false;
    std::optional<std::string> model_layout;
    std::vector<PreprocessStep> steps;
};

struct PreprocessDescription {
    std::vector<PortPreprocess> inputs;
    std::vector<PortPreprocess> outputs;
};

// NativePreprocess of lib/native/openvino-addon.ts.
PreprocessDescription preprocess_from_js(Napi::Value value);

// A changed copy: the model itself stays as it is, also on failure.
std::shared_ptr<ov::Model> apply_preprocess(const ov::Model& model, const PreprocessDescription& description);

}  // namespace enginery::openvino

#include <map>

#include "../shared/native_error.h"
#include "element_type.h"
#include "port.h"
#include "preprocess.h"

namespace enginery::openvino {
namespace {

using Kind = PreprocessStep::Kind;
using ov::preprocess::ColorFormat;
using ov::preprocess::PaddingMode;
using ov::preprocess::ResizeAlgorithm;

const std::map<std::string, Kind> kKinds = {{"convertElementType", Kind::element_type},
                                            {"convertColor", Kind::color},
                                            {"convertLayout", Kind::layout},
                                            {"resize", Kind::resize},
                                            {"mean", Kind::mean},
                                            {"scale", Kind::scale},
                                            {"crop", Kind::crop},
                                            {"pad", Kind::pad},
                                            {"reverseChannels", Kind::reverse_channels},
                                            {"clamp", Kind::clamp}};

const std::map<std::string, ColorFormat> kColors = {{"RGB", ColorFormat::RGB},
                                                    {"BGR", ColorFormat::BGR},
                                                    {"GRAY", ColorFormat::GRAY},
                                                    {"RGBX", ColorFormat::RGBX},
                                                    {"BGRX", ColorFormat::BGRX},
                                                    {"NV12_SINGLE_PLANE", ColorFormat::NV12_SINGLE_PLANE},
                                                    {"NV12_TWO_PLANES", ColorFormat::NV12_TWO_PLANES},
                                                    {"I420_SINGLE_PLANE", ColorFormat::I420_SINGLE_PLANE},
                                                    {"I420_THREE_PLANES", ColorFormat::I420_THREE_PLANES}};

const std::map<std::string, ResizeAlgorithm> kAlgorithms = {{"linear", ResizeAlgorithm::RESIZE_LINEAR},
                                                            {"cubic", ResizeAlgorithm::RESIZE_CUBIC},
                                                            {"nearest", ResizeAlgorithm::RESIZE_NEAREST},
                                                            {"bilinear-pillow", ResizeAlgorithm::RESIZE_BILINEAR_PILLOW},
                                                            {"bicubic-pillow", ResizeAlgorithm::RESIZE_BICUBIC_PILLOW}};

const std::map<std::string, PaddingMode> kModes = {{"constant", PaddingMode::CONSTANT},
                                                   {"edge", PaddingMode::EDGE},
                                                   {"reflect", PaddingMode::REFLECT},
                                                   {"symmetric", PaddingMode::SYMMETRIC}};

template <typename T>
T named(const std::map<std::string, T>& table, Napi::Value value, const char* what) {
    const auto found = value.IsString() ? table.find(value.As<Napi::String>().Utf8Value()) : table.end();
    if (found == table.end()) throw NativeError("NATIVE_ARGUMENT", std::string("unknown ") + what);
    return found->second;
}

Napi::Object object_of(Napi::Value value, const char* what) {
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + what);
    return value.As<Napi::Object>();
}

std::optional<std::string> text_of(Napi::Value value) {
    if (!value.IsString()) return std::nullopt;
    return value.As<Napi::String>().Utf8Value();
}

template <typename T>
std::vector<T> numbers_of(Napi::Value value) {
    std::vector<T> numbers;
    if (!value.IsArray()) return numbers;
    Napi::Array array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); ++i) numbers.push_back(static_cast<T>(array.Get(i).ToNumber().DoubleValue()));
    return numbers;
}

std::optional<ov::element::Type> type_of(Napi::Value value) {
    if (!value.IsString()) return std::nullopt;
    return element_type_from_name(value.As<Napi::String>().Utf8Value());
}

std::optional<std::pair<size_t, size_t>> size_of(Napi::Object object) {
    if (!object.Get("height").IsNumber() || !object.Get("width").IsNumber()) return std::nullopt;
    return std::pair<size_t, size_t>(object.Get("height").ToNumber().Uint32Value(), object.Get("width").ToNumber().Uint32Value());
}

PreprocessStep step_of(Napi::Object object) {
    PreprocessStep step;
    step.kind = named(kKinds, object.Get("kind"), "preprocessing step");
    step.type = type_of(object.Get("type"));
    if (step.kind == Kind::color) step.color = named(kColors, object.Get("color"), "colour format");
    step.layout = text_of(object.Get("layout"));
    if (step.kind == Kind::resize) step.algorithm = named(kAlgorithms, object.Get("algorithm"), "resize algorithm");
    step.size = size_of(object);
    if (step.kind == Kind::pad) step.mode = named(kModes, object.Get("mode"), "padding mode");
    step.values = numbers_of<float>(object.Get("values"));
    step.begin = numbers_of<int>(object.Get("begin"));
    step.end = numbers_of<int>(object.Get("end"));
    if (step.kind == Kind::clamp) {
        step.min = object.Get("min").ToNumber().DoubleValue();
        step.max = object.Get("max").ToNumber().DoubleValue();
    }
    return step;
}

PortPreprocess port_of(Napi::Object object) {
    PortPreprocess port;
    Napi::Value place = object.Get("port");
    if (place.IsNumber()) {
        port.port = size_t{place.As<Napi::Number>().Uint32Value()};
    } else {
        port.port = text_of(place).value_or("");
    }
    Napi::Object tensor = object_of(object.Get("tensor"), "a tensor description");
    port.type = type_of(tensor.Get("type"));
    port.layout = text_of(tensor.Get("layout"));
    if (tensor.Get("color").IsString()) port.color = named(kColors, tensor.Get("color"), "colour format");
    if (tensor.Get("planes").IsArray()) {
        Napi::Array planes = tensor.Get("planes").As<Napi::Array>();
        for (uint32_t i = 0; i < planes.Length(); ++i) port.planes.push_back(text_of(planes.Get(i)).value_or(""));
    }
    if (tensor.Get("shape").IsArray()) port.shape = partial_shape_from_js(tensor.Get("shape"));
    if (tensor.Get("spatial").IsString()) port.dynamic_size = true;
    if (tensor.Get("spatial").IsObject()) port.size = size_of(tensor.Get("spatial").As<Napi::Object>());
    port.model_layout = text_of(object.Get("modelLayout"));
    if (object.Get("steps").IsArray()) {
        Napi::Array steps = object.Get("steps").As<Napi::Array>();
        for (uint32_t i = 0; i < steps.Length(); ++i) port.steps.push_back(step_of(object_of(steps.Get(i), "a step")));
    }
    return port;
}

std::vector<PortPreprocess> ports_of(Napi::Value value) {
    std::vector<PortPreprocess> ports;
    if (!value.IsArray()) return ports;
    Napi::Array array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); ++i) ports.push_back(port_of(object_of(array.Get(i), "a port description")));
    return ports;
}

}  // namespace

PreprocessDescription preprocess_from_js(Napi::Value value) {
    Napi::Object object = object_of(value, "a preprocessing description");
    return {ports_of(object.Get("inputs")), ports_of(object.Get("outputs"))};
}

}  // namespace enginery::openvino

#include "port.h"

#include <algorithm>
#include <openvino/core/node.hpp>
#include <set>
#include <string>

#include "../shared/native_error.h"
#include "element_type.h"

namespace enginery::openvino {
namespace {

Napi::Value dimension_to_js(Napi::Env env, const ov::Dimension& dimension) {
    if (dimension.is_static()) return Napi::Number::New(env, static_cast<double>(dimension.get_length()));
    const auto min = dimension.get_min_length();
    const auto max = dimension.get_max_length();
    if (min == 0 && max == -1) return Napi::Number::New(env, -1);
    Napi::Array range = Napi::Array::New(env, 2);
    range.Set(0u, Napi::Number::New(env, static_cast<double>(min)));
    range.Set(1u, Napi::Number::New(env, static_cast<double>(max)));
    return range;
}

int64_t length_from_js(Napi::Value value) {
    if (!value.IsNumber()) throw NativeError("NATIVE_ARGUMENT", "a shape must hold numbers and pairs of them");
    return value.As<Napi::Number>().Int64Value();
}

ov::Dimension dimension_from_js(Napi::Value value) {
    if (!value.IsArray()) return ov::Dimension(length_from_js(value));
    Napi::Array range = value.As<Napi::Array>();
    return {length_from_js(range.Get(0u)), length_from_js(range.Get(1u))};
}

}  // namespace

Napi::Value partial_shape_to_js(Napi::Env env, const ov::PartialShape& shape) {
    if (shape.rank().is_dynamic()) return env.Null();
    Napi::Array dimensions = Napi::Array::New(env, shape.size());
    for (size_t i = 0; i < shape.size(); ++i) dimensions.Set(static_cast<uint32_t>(i), dimension_to_js(env, shape[i]));
    return dimensions;
}

ov::PartialShape partial_shape_from_js(Napi::Value shape) {
    if (shape.IsNull()) return ov::PartialShape::dynamic();
    if (!shape.IsArray()) throw NativeError("NATIVE_ARGUMENT", "expected a shape");
    Napi::Array array = shape.As<Napi::Array>();
    std::vector<ov::Dimension> dimensions;
    for (uint32_t i = 0; i < array.Length(); ++i) dimensions.push_back(dimension_from_js(array.Get(i)));
    return ov::PartialShape(dimensions);
}

std::string port_name(const ov::Output<const ov::Node>& port) {
    const auto& names = port.get_names();
    const std::string& own_name = port.get_node()->get_friendly_name();
    if (names.empty() || names.count(own_name) != 0) return own_name;
    // The ONNX frontend calls the Result of output `y` `y/sink_port_0`. Compiling may give its tensor further names, and
    // an exported engine keeps only some: the shortest one would change when an engine is saved and loaded.
    const std::string model_name = own_name.substr(0, own_name.rfind("/sink_port_"));
    if (names.count(model_name) != 0) return model_name;
    return *std::min_element(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
}

Napi::Object port_to_js(Napi::Env env, const ov::Output<const ov::Node>& port) {
    const std::set<std::string> sorted(port.get_names().begin(), port.get_names().end());
    Napi::Array names = Napi::Array::New(env, sorted.size());
    uint32_t index = 0;
    for (const auto& name : sorted) names.Set(index++, Napi::String::New(env, name));
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", port_name(port));
    object.Set("names", names);
    object.Set("type", element_type_name(port.get_element_type()));
    object.Set("shape", partial_shape_to_js(env, port.get_partial_shape()));
    return object;
}

Napi::Array ports_to_js(Napi::Env env, const std::vector<ov::Output<const ov::Node>>& ports) {
    Napi::Array array = Napi::Array::New(env, ports.size());
    for (size_t i = 0; i < ports.size(); ++i) array.Set(static_cast<uint32_t>(i), port_to_js(env, ports[i]));
    return array;
}

}  // namespace enginery::openvino

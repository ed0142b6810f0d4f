#include "tensor_values.h"

#include <limits>

#include "../shared/native_error.h"

namespace enginery::openvino {

size_t byte_size_of(const ov::element::Type& type, const ov::Shape& shape) {
    size_t count = 1;
    for (const size_t dimension : shape) {
        if (dimension != 0 && count > std::numeric_limits<size_t>::max() / 64 / dimension) {
            throw NativeError("NATIVE_TENSOR", "shape " + shape_text(shape) + " is too large");
        }
        count *= dimension;
    }
    return (count * type.bitwidth() + 7) / 8;
}

std::string shape_text(const ov::Shape& shape) {
    std::string text = "[";
    for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
    return text + "]";
}

ov::Shape shape_from_js(Napi::Array shape) {
    ov::Shape dimensions(shape.Length());
    for (uint32_t i = 0; i < dimensions.size(); ++i) {
        Napi::Value value = shape.Get(i);
        const double length = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
        if (!(length >= 0 && length <= 9007199254740991.0))
            throw NativeError("NATIVE_ARGUMENT", "a shape must be a list of lengths");
        dimensions[i] = static_cast<size_t>(length);
    }
    return dimensions;
}

Napi::Array shape_to_js(Napi::Env env, const ov::Shape& shape) {
    Napi::Array dimensions = Napi::Array::New(env, shape.size());
    for (size_t i = 0; i < shape.size(); ++i)
        dimensions.Set(static_cast<uint32_t>(i), Napi::Number::New(env, static_cast<double>(shape[i])));
    return dimensions;
}

Napi::Array strings_to_js(Napi::Env env, const ov::Tensor& tensor) {
    const auto* strings = tensor.data<const std::string>();
    Napi::Array array = Napi::Array::New(env, tensor.get_size());
    for (size_t i = 0; i < tensor.get_size(); ++i) array.Set(static_cast<uint32_t>(i), Napi::String::New(env, strings[i]));
    return array;
}

}  // namespace enginery::openvino

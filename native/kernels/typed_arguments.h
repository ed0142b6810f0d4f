#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

namespace enginery::kernels {

// What JavaScript calls an array of these.
template <typename Element>
struct ArrayKind;
template <>
struct ArrayKind<float> {
    static constexpr napi_typedarray_type type = napi_float32_array;
    static constexpr const char* name = "Float32Array";
};
template <>
struct ArrayKind<double> {
    static constexpr napi_typedarray_type type = napi_float64_array;
    static constexpr const char* name = "Float64Array";
};
template <>
struct ArrayKind<int32_t> {
    static constexpr napi_typedarray_type type = napi_int32_array;
    static constexpr const char* name = "Int32Array";
};
template <>
struct ArrayKind<uint16_t> {
    static constexpr napi_typedarray_type type = napi_uint16_array;
    static constexpr const char* name = "Uint16Array";
};
template <>
struct ArrayKind<uint8_t> {
    static constexpr napi_typedarray_type type = napi_uint8_array;
    static constexpr const char* name = "Uint8Array";
};
template <>
struct ArrayKind<int8_t> {
    static constexpr napi_typedarray_type type = napi_int8_array;
    static constexpr const char* name = "Int8Array";
};

// The elements of a typed array, valid until the call returns to JavaScript.
template <typename Element>
struct ArrayView {
    Element* data = nullptr;
    size_t length = 0;
};

// A TypeError with the code that the typed layer knows.
Napi::TypeError argument_error(Napi::Env env, const std::string& message);

// An Error for memory that ran out.
Napi::Error memory_error(Napi::Env env, const std::string& message);

// Throws unless the value is a typed array of this kind.
void require_array_kind(Napi::Env env, Napi::Value value, const char* argument, napi_typedarray_type type, const char* kind);

// Throws unless the lengths are equal. Both texts are for the message: "target", "ceil(source.length / 2)".
void require_length(Napi::Env env, const char* argument, size_t actual, const char* rule, size_t expected);

// Throws where the two share memory: the vector loops read ahead of what they write.
void require_apart(Napi::Env env, const void* source, size_t source_bytes, const void* target, size_t target_bytes);

template <typename Element>
ArrayView<Element> array_value(Napi::Env env, Napi::Value value, const char* argument) {
    using Kind = ArrayKind<Element>;
    require_array_kind(env, value, argument, Kind::type, Kind::name);
    auto array = value.As<Napi::TypedArrayOf<Element>>();
    // A detached array has neither memory nor length.
    const size_t length = array.ElementLength();
    return {length == 0 ? nullptr : array.Data(), length};
}

template <typename Element>
ArrayView<Element> array_argument(const Napi::CallbackInfo& info, size_t index, const char* argument) {
    return array_value<Element>(info.Env(), info[index], argument);
}

}  // namespace enginery::kernels

#include "typed_arguments.h"

#include <cstdint>

namespace enginery::kernels {

namespace {

// Runs no code of the caller's: an object's own toString is never asked.
std::string description_of(const Napi::Value& value) {
    if (value.IsTypedArray()) return "a typed array of another kind";
    if (value.IsObject()) return "another object";
    if (value.IsSymbol()) return "a symbol";
    return value.ToString().Utf8Value();
}

}  // namespace

Napi::TypeError argument_error(Napi::Env env, const std::string& message) {
    Napi::TypeError error = Napi::TypeError::New(env, message);
    error.Set("code", Napi::String::New(env, "NATIVE_ARGUMENT"));
    return error;
}

Napi::Error memory_error(Napi::Env env, const std::string& message) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, "NATIVE_MEMORY"));
    return error;
}

void require_array_kind(Napi::Env env, Napi::Value value, const char* argument, napi_typedarray_type type, const char* kind) {
    if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type) return;
    throw argument_error(env, "Expected " + std::string(argument) + " to be a " + kind + ", received " + description_of(value));
}

void require_length(Napi::Env env, const char* argument, size_t actual, const char* rule, size_t expected) {
    if (actual == expected) return;
    throw argument_error(env, "Expected " + std::string(argument) + " to have length " + rule + " = " + std::to_string(expected) +
                                  ", received length " + std::to_string(actual));
}

void require_apart(Napi::Env env, const void* source, size_t source_bytes, const void* target, size_t target_bytes) {
    const auto from = reinterpret_cast<uintptr_t>(source);
    const auto to = reinterpret_cast<uintptr_t>(target);
    if (source_bytes == 0 || target_bytes == 0 || from + source_bytes <= to || to + target_bytes <= from) return;
    throw argument_error(env, "Expected source and target to be apart, received arrays that share memory");
}

}  // namespace enginery::kernels

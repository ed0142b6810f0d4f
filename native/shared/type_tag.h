#pragma once

#include <napi.h>

#include <string>

#include "js_error.h"

namespace enginery {

// Proves that an object passed in was made by the wrapped class T: `T::kTag` is its napi_type_tag.
// Without it, unwrapping another addon's object reads foreign memory.
template <typename T>
T& unwrap(Napi::Env env, Napi::Value value, const char* expected) {
    bool matches = false;
    if (value.IsObject()) napi_check_object_type_tag(env, value, &T::kTag, &matches);
    if (!matches) throw to_js_error(env, {"NATIVE_ARGUMENT", std::string("expected a ") + expected + " of this addon"});
    return *T::Unwrap(value.As<Napi::Object>());
}

template <typename T>
bool is_instance(Napi::Env env, Napi::Value value) {
    bool matches = false;
    return value.IsObject() && napi_check_object_type_tag(env, value, &T::kTag, &matches) == napi_ok && matches;
}

template <typename T>
void tag(Napi::Env env, Napi::Object self) {
    if (napi_type_tag_object(env, self, &T::kTag) != napi_ok) throw Napi::Error::New(env);
}

// A read-only property of the wrapped class T. Node checks the receiver of a class's methods and not of its accessors:
// borrowed for an object of another class, InstanceAccessor would read foreign memory.
template <typename T, Napi::Value (T::*Get)(const Napi::CallbackInfo&)>
napi_property_descriptor checked_accessor(const char* name) {
    napi_property_descriptor property = {};
    property.utf8name = name;
    property.attributes = napi_default;
    property.getter = [](napi_env env, napi_callback_info raw) -> napi_value {
        try {
            const Napi::CallbackInfo info(env, raw);
            return (unwrap<T>(env, info.This(), "receiver").*Get)(info);
        } catch (const Napi::Error& error) {
            error.ThrowAsJavaScriptException();
            return nullptr;
        }
    };
    return property;
}

}  // namespace enginery

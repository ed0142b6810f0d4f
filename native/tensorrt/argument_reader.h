#pragma once

#include <napi.h>

#include <string>

#include "../shared/native_error.h"

namespace enginery::tensorrt {

// What JavaScript hands over, read with complaints that say whose argument was wrong. JavaScript thread.
class ArgumentReader {
public:
    // `of` follows the name of an argument in complaints: " of a network"; may be empty.
    explicit constexpr ArgumentReader(const char* of) : of_(of) {}

    [[noreturn]] void refuse(const char* name, const char* what) const {
        throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + name + of_ + " to be " + what);
    }

    static bool is_given(const Napi::Value& value) { return !value.IsUndefined() && !value.IsNull(); }

    static std::string text_or_empty(const Napi::Object& object, const char* name) {
        const Napi::Value value = object.Get(name);
        return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
    }

    Napi::Object as_object(const Napi::Value& value, const char* name) const {
        if (!value.IsObject()) refuse(name, "an object");
        return value.As<Napi::Object>();
    }

    std::string as_text(const Napi::Value& value, const char* name) const {
        if (!value.IsString()) refuse(name, "a string");
        return value.As<Napi::String>().Utf8Value();
    }

    // None where nothing was given.
    template <typename Each>
    void for_each_item(const Napi::Value& value, const char* name, Each&& each) const {
        if (!is_given(value)) return;
        if (!value.IsArray()) refuse(name, "an array");
        const auto array = value.As<Napi::Array>();
        for (uint32_t i = 0; i < array.Length(); ++i) each(Napi::Value(array.Get(i)));
    }

    // None where the parent has nothing of that name.
    template <typename Each>
    void for_each_entry(const Napi::Object& parent, const char* name, Each&& each) const {
        const Napi::Value value = parent.Get(name);
        if (!is_given(value)) return;
        const Napi::Object object = as_object(value, name);
        const Napi::Array keys = object.GetPropertyNames();
        for (uint32_t i = 0; i < keys.Length(); ++i) {
            const std::string key = Napi::Value(keys.Get(i)).As<Napi::String>().Utf8Value();
            each(key, Napi::Value(object.Get(key)));
        }
    }

private:
    const char* of_;
};

}  // namespace enginery::tensorrt

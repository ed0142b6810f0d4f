#pragma once

#include <napi.h>

#include "option_names.h"

namespace enginery::tensorrt {

// The names of a table, in its order. JavaScript thread.
template <typename Value>
Napi::Array names_of(Napi::Env env, const NamedValues<Value>& values) {
    Napi::Array array = Napi::Array::New(env, values.size());
    uint32_t index = 0;
    for (const auto& named : values) array.Set(index++, Napi::String::New(env, named.name));
    return array;
}

}  // namespace enginery::tensorrt

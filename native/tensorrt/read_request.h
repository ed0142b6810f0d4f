#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "build.h"

namespace enginery::tensorrt {

// From JavaScript's objects (lib/native/tensorrt-addon.ts) to plain ones that any thread may use. Bytes are copied. JavaScript
// thread. Throws NativeError NATIVE_ARGUMENT.
std::string read_bytes(const Napi::Value& value, const char* name);
// Paths of libraries, none where `plugins` is not given.
std::vector<std::string> read_plugins(const Napi::Object& request);
OnnxModel read_model(const Napi::Object& request);
BuildRequest read_build_request(Napi::Env env, const Napi::Object& request);

}  // namespace enginery::tensorrt

#pragma once

#include <napi.h>

#include "network_definition.h"

namespace enginery::tensorrt {

// From JavaScript's objects (lib/native/tensorrt-network.ts). Weights are copied, so that nothing that JavaScript does with its
// arrays reaches the build. JavaScript thread. Throws NativeError NATIVE_ARGUMENT.
NetworkDefinition read_network(const Napi::Object& object);

// Names of what layers take, by group.
Napi::Object network_names_to_js(Napi::Env env);

}  // namespace enginery::tensorrt

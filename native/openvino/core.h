#pragma once

#include <napi.h>

#include <openvino/runtime/core.hpp>

namespace enginery::openvino {

// The one ov::Core of the process, made on first use and never destroyed: workers come and go, and
// its plugins' threads must not meet its destructor.
ov::Core& process_core();

// Exports versions, devices, properties and extensions.
void init_core(Napi::Env env, Napi::Object exports);

}  // namespace enginery::openvino

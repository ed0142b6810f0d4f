#pragma once

#include <napi.h>

#include "build.h"

namespace enginery::tensorrt {

// From plain results to JavaScript's objects (lib/native/tensorrt-addon.ts). JavaScript thread.
Napi::ArrayBuffer bytes_to_js(Napi::Env env, const void* data, size_t size);
Napi::Object settings_to_js(Napi::Env env, const ConfigSettings& settings);
Napi::Object outcome_to_js(Napi::Env env, BuildOutcome& outcome);
Napi::Object check_to_js(Napi::Env env, const CheckOutcome& outcome);
Napi::Object event_to_js(Napi::Env env, const BuildEvent& event);

// Every name that this line and library take, by group.
Napi::Object names_to_js(Napi::Env env, const LibraryVersion& version);

}  // namespace enginery::tensorrt

#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "model_lease.h"

namespace enginery::openvino {

// Parses a NativeModelSource, copying bytes, so that the returned call needs no JavaScript and may
// run on any thread. The call throws NativeError: NATIVE_FILE, OV_MODEL_BYTES, OV_READ.
std::function<std::shared_ptr<ModelState>()> model_reader(Napi::Env env, Napi::Value source);

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

namespace enginery::tensorrt {

// inspectPlan({ plan, device?, hostCode? }): the JSON of TensorRT's inspector. On a thread of its own: loading a plan takes
// as long as its weights take to the device.
Napi::Value start_inspection(const Napi::CallbackInfo& info);

}  // namespace enginery::tensorrt

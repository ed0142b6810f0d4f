#pragma once

#include <napi.h>

namespace enginery::tensorrt {

// build(request, onProgress?) answers { done, cancel }: a promise of the outcome, and a function that asks the build to stop.
// It runs on a thread of its own, where TensorRT also calls the calibrator.
Napi::Value start_build(const Napi::CallbackInfo& info);

// checkModel(request): what of a model the parser takes.
Napi::Value start_check(const Napi::CallbackInfo& info);

// combineTimingCaches(stored, added, device): bytes, or null where TensorRT refuses one of them.
Napi::Value start_combine(const Napi::CallbackInfo& info);

}  // namespace enginery::tensorrt

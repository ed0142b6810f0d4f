#pragma once

#include <napi.h>

namespace enginery::tensorrt {

// editTimingCache(bytes, changes, device): { entries, refused, bytes? }. See lib/native/tensorrt-addon.ts.
Napi::Value start_timing_edit(const Napi::CallbackInfo& info);

}  // namespace enginery::tensorrt

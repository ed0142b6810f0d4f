#pragma once

#include <napi.h>

// Statistics of tensors, on libuv's pool.
namespace enginery::kernels {

Napi::Value add_to_histogram(const Napi::CallbackInfo& info);
Napi::Value find_quantiles_of(const Napi::CallbackInfo& info);

}  // namespace enginery::kernels

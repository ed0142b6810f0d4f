#pragma once

#include <napi.h>

// What quantized weights and outputs differ by from float ones. Synchronous: milliseconds for millions of elements.
namespace enginery::kernels {

void add_rounding_shift_of(const Napi::CallbackInfo& info);
void add_output_noise(const Napi::CallbackInfo& info);
void find_row_maxima_of(const Napi::CallbackInfo& info);

}  // namespace enginery::kernels

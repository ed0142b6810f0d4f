#pragma once

#include <cstdint>

#include "../cpu/simd_level.h"

namespace enginery::kernels {

// libjpeg's "fancy" upsampling: each sample is three parts of the nearest coded one and one part of the next nearest, in
// each direction. Rows have 3 samples or more.

// `width` samples to `2 * width`.
void upsample_row(const uint8_t* row, int32_t width, uint8_t* target, SimdLevel level);

// As upsample_row, between two rows. `sums` has room for `width`.
void upsample_between_rows(const uint8_t* nearest, const uint8_t* next, int32_t width, uint16_t* sums, uint8_t* target,
                           SimdLevel level);

}  // namespace enginery::kernels

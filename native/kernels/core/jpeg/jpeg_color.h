#pragma once

#include <cstdint>

#include "../cpu/simd_level.h"

namespace enginery::kernels {

// Samples that vector loads may read beyond a row.
constexpr int32_t kJpegRowReach = 32;

// A row of YCbCr to R, G, B, as libjpeg's integer conversion does it. Beyond the rows are kJpegRowReach bytes to read.
void rgb_from_ycbcr(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int32_t width, uint8_t* rgb, SimdLevel level);

// A row of gray, repeated.
void rgb_from_gray(const uint8_t* gray, int32_t width, uint8_t* rgb, SimdLevel level);

}  // namespace enginery::kernels

#pragma once

#include <cstddef>
#include <cstdint>

#include "../cpu/simd_level.h"

namespace enginery::kernels {

// The inverse cosine transform of `count` blocks that lie side by side, into 8 rows of samples. The numbers are those of
// libjpeg's accurate integer transform (JDCT_ISLOW), overflow of 16 bits included.
//
// `blocks` and `samples` have room for one block more where the count is odd; it is transformed as well.
void inverse_dct(const int16_t* blocks, const uint8_t* has_ac, int32_t count, const uint16_t* quantization, uint8_t* samples,
                 ptrdiff_t stride, SimdLevel level);

}  // namespace enginery::kernels

#pragma once

#include "normalize_value.h"
#include "pack_picture.h"

namespace enginery::kernels {

// Vector code for rows of pixels of R, G, B. Each function returns how many pixels it did, whole vectors only; the
// caller finishes. Nothing is read at or beyond `end`. The results are those of Normalization, bit by bit.
#if ENGINERY_X86_SIMD

// One channel of three, `source` pointing at it.
size_t normalize_channel_avx2(const uint8_t* source, const uint8_t* end, float* target, size_t pixels, const Normalization& by);
size_t normalize_channel_avx2(const uint8_t* source, const uint8_t* end, uint16_t* target, size_t pixels,
                              const Normalization& by);

// All three channels side by side; with `reversed`, as B, G, R. `by` is in the order of the target.
size_t normalize_pixels_avx2(const uint8_t* source, const uint8_t* end, float* target, size_t pixels, bool reversed,
                             const Normalization* by);
size_t normalize_pixels_avx2(const uint8_t* source, const uint8_t* end, uint16_t* target, size_t pixels, bool reversed,
                             const Normalization* by);

#endif

}  // namespace enginery::kernels

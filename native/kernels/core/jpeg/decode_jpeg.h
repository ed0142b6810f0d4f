#pragma once

#include <cstddef>
#include <cstdint>

#include "../cpu/simd_level.h"

namespace enginery::kernels {

// Decodes a JPEG file into R, G, B, each sample equal to libjpeg-turbo's with its default settings.
//
// Only what most files are: baseline, gray or YCbCr in 4:4:4, 4:2:2 or 4:2:0, in one scan, sound from first to last byte.
// False for all others, which a complete decoder is for, and where the picture does not have `target_length` bytes; the
// target's bytes are then of no meaning. Colour profiles and EXIF are not looked at.
//
// Throws std::bad_alloc.
bool decode_jpeg(const uint8_t* bytes, size_t length, uint8_t* target, size_t target_length, SimdLevel level);

}  // namespace enginery::kernels

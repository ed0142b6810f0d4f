#pragma once

#include <cstddef>
#include <cstdint>

#include "../cpu/simd_level.h"

// Conversions between element types. The result is the same, bit for bit, at every SIMD level; `level` is there for
// tests and must not be above best_simd_level(). Source and target must not overlap.
namespace enginery::kernels {

void float32_from_float16(const uint16_t* source, float* target, size_t count, SimdLevel level = best_simd_level());
void float16_from_float32(const float* source, uint16_t* target, size_t count, SimdLevel level = best_simd_level());
void float32_from_bfloat16(const uint16_t* source, float* target, size_t count, SimdLevel level = best_simd_level());
void bfloat16_from_float32(const float* source, uint16_t* target, size_t count, SimdLevel level = best_simd_level());

// Two values a byte, low nibble first; `count` is the number of values, not of bytes.
void int8_from_int4(const uint8_t* source, int8_t* target, size_t count, SimdLevel level = best_simd_level());
void uint8_from_uint4(const uint8_t* source, uint8_t* target, size_t count, SimdLevel level = best_simd_level());
// Clamp to what four bits hold; the spare nibble of an odd count is zero.
void int4_from_int8(const int8_t* source, uint8_t* target, size_t count, SimdLevel level = best_simd_level());
void uint4_from_uint8(const uint8_t* source, uint8_t* target, size_t count, SimdLevel level = best_simd_level());

}  // namespace enginery::kernels

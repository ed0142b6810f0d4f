#pragma once

#include <cstdint>
#include <cstring>

#if defined(_MSC_VER) && !defined(__clang__)
#define ENGINERY_ALWAYS_INLINE __forceinline
#else
#define ENGINERY_ALWAYS_INLINE inline __attribute__((always_inline))
#endif

// One element at a time, on bit patterns, so that no compiler flag and no register width can change a result. These
// are the meaning of the conversions; the vector forms in convert_elements.cc are checked against them bit for bit.
// Inlined by force: the loops around them are compiled once per instruction set.
namespace enginery::kernels {

ENGINERY_ALWAYS_INLINE uint32_t bits_from_float(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

ENGINERY_ALWAYS_INLINE float float_from_bits(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

ENGINERY_ALWAYS_INLINE float float_from_half(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1fu;
    uint32_t mantissa = half & 0x3ffu;
    if (exponent == 0x1f) {
        // Infinity, or NaN made quiet.
        return float_from_bits(sign | 0x7f800000u | (mantissa << 13) | (mantissa != 0 ? 0x00400000u : 0u));
    }
    if (exponent != 0) return float_from_bits(sign | ((exponent + 112) << 23) | (mantissa << 13));
    if (mantissa == 0) return float_from_bits(sign);
    // Subnormal: shift the leading one up to where float32 leaves it out.
    uint32_t shifted_exponent = 113;
    while ((mantissa & 0x400u) == 0) {
        mantissa <<= 1;
        --shifted_exponent;
    }
    return float_from_bits(sign | (shifted_exponent << 23) | ((mantissa & 0x3ffu) << 13));
}

ENGINERY_ALWAYS_INLINE uint16_t half_from_float(float value) {
    const uint32_t bits = bits_from_float(value);
    const uint32_t sign = (bits >> 16) & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
    // 65520 and above is nearer to infinity than to 65504, the largest half.
    if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
    uint32_t kept, lost, halfway;
    if (magnitude >= 0x38800000u) {
        const uint32_t rebiased = magnitude - (112u << 23);
        kept = rebiased >> 13;
        lost = rebiased & 0x1fffu;
        halfway = 0x1000u;
    } else {
        // Below 2^-25 everything rounds to zero.
        if (magnitude < 0x33000000u) return static_cast<uint16_t>(sign);
        const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
        const uint32_t shift = 126u - (magnitude >> 23);
        kept = mantissa >> shift;
        lost = mantissa & ((1u << shift) - 1u);
        halfway = 1u << (shift - 1u);
    }
    // A carry out of the mantissa moves to the next exponent, as it should.
    if (lost > halfway || (lost == halfway && (kept & 1u) != 0)) ++kept;
    return static_cast<uint16_t>(sign | kept);
}

ENGINERY_ALWAYS_INLINE float float_from_brain(uint16_t brain) {
    const uint32_t bits = static_cast<uint32_t>(brain) << 16;
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return float_from_bits(nan ? bits | 0x00400000u : bits);
}

ENGINERY_ALWAYS_INLINE uint16_t brain_from_float(float value) {
    const uint32_t bits = bits_from_float(value);
    const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded);
}

ENGINERY_ALWAYS_INLINE int8_t int8_from_low_nibble(uint8_t byte) {
    return static_cast<int8_t>(((byte & 0x0f) ^ 0x08) - 0x08);
}

ENGINERY_ALWAYS_INLINE int8_t int8_from_high_nibble(uint8_t byte) {
    return static_cast<int8_t>(((byte >> 4) ^ 0x08) - 0x08);
}

ENGINERY_ALWAYS_INLINE uint8_t nibble_from_int8(int8_t value) {
    const int8_t clamped = value < -8 ? int8_t{-8} : value > 7 ? int8_t{7} : value;
    return static_cast<uint8_t>(clamped & 0x0f);
}

ENGINERY_ALWAYS_INLINE uint8_t nibble_from_uint8(uint8_t value) {
    return value > 15 ? uint8_t{15} : value;
}

}  // namespace enginery::kernels

#include "pack_rows.h"

#if ENGINERY_X86_SIMD
#include <immintrin.h>

namespace enginery::kernels {

namespace {

constexpr size_t kStep = 8;

ENGINERY_TARGET("avx2")
inline __m128i load16(const uint8_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

ENGINERY_TARGET("avx2")
inline __m256 normalized(__m256i bytes, __m256 scale_upper, __m256 scale_lower, __m256 bias_upper, __m256 bias_lower) {
    const __m256 value = _mm256_cvtepi32_ps(bytes);
    return _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(value, scale_upper), bias_upper),
                         _mm256_add_ps(_mm256_mul_ps(value, scale_lower), bias_lower));
}

ENGINERY_TARGET("avx2,f16c")
inline void store(float* target, __m256 values) {
    _mm256_storeu_ps(target, values);
}

ENGINERY_TARGET("avx2,f16c")
inline void store(uint16_t* target, __m256 values) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target), _mm256_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT));
}

template <typename Element>
ENGINERY_TARGET("avx2,f16c")
size_t normalize_channel(const uint8_t* source, const uint8_t* end, Element* target, size_t pixels, const Normalization& by) {
    // Every third byte of four pixels a lane, widened to 32 bits.
    const __m256i every_third = _mm256_setr_epi8(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1,  //
                                                 0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
    const __m256 scale_upper = _mm256_set1_ps(by.scale_upper), scale_lower = _mm256_set1_ps(by.scale_lower);
    const __m256 bias_upper = _mm256_set1_ps(by.bias_upper), bias_lower = _mm256_set1_ps(by.bias_lower);
    constexpr ptrdiff_t reach = 12 + 16;
    size_t i = 0;
    for (; i + kStep <= pixels && end - (source + 3 * i) >= reach; i += kStep) {
        const uint8_t* from = source + 3 * i;
        const __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(from)), load16(from + 12), 1);
        const __m256i channel = _mm256_shuffle_epi8(bytes, every_third);
        store(target + i, normalized(channel, scale_upper, scale_lower, bias_upper, bias_lower));
    }
    return i;
}

// Eight pixels are 24 elements, three vectors; which channel an element of a vector is of differs from one to the next.
struct PixelPattern {
    __m256 scale_upper[3];
    __m256 scale_lower[3];
    __m256 bias_upper[3];
    __m256 bias_lower[3];
    __m128i order[3];
};

// The vectors' bytes are taken from 16 that begin here: the reversed ones reach one byte beyond their own.
constexpr int kVectorBase[3] = {0, 4, 8};

ENGINERY_TARGET("avx2")
PixelPattern pixel_pattern(bool reversed, const Normalization* by) {
    PixelPattern pattern;
    for (int vector = 0; vector < 3; ++vector) {
        alignas(32) float scale_upper[8], scale_lower[8], bias_upper[8], bias_lower[8];
        alignas(16) int8_t order[16] = {};
        for (int i = 0; i < 8; ++i) {
            const int element = 8 * vector + i, channel = element % 3;
            scale_upper[i] = by[channel].scale_upper;
            scale_lower[i] = by[channel].scale_lower;
            bias_upper[i] = by[channel].bias_upper;
            bias_lower[i] = by[channel].bias_lower;
            order[i] = static_cast<int8_t>(element - channel + (reversed ? 2 - channel : channel) - kVectorBase[vector]);
        }
        pattern.scale_upper[vector] = _mm256_load_ps(scale_upper);
        pattern.scale_lower[vector] = _mm256_load_ps(scale_lower);
        pattern.bias_upper[vector] = _mm256_load_ps(bias_upper);
        pattern.bias_lower[vector] = _mm256_load_ps(bias_lower);
        pattern.order[vector] = _mm_load_si128(reinterpret_cast<const __m128i*>(order));
    }
    return pattern;
}

template <typename Element>
ENGINERY_TARGET("avx2,f16c")
size_t normalize_pixels(const uint8_t* source, const uint8_t* end, Element* target, size_t pixels, bool reversed,
                        const Normalization* by) {
    const PixelPattern pattern = pixel_pattern(reversed, by);
    constexpr ptrdiff_t reach = 8 + 16;
    size_t i = 0;
    for (; i + kStep <= pixels && end - (source + 3 * i) >= reach; i += kStep) {
        for (int vector = 0; vector < 3; ++vector) {
            const __m128i bytes = _mm_shuffle_epi8(load16(source + 3 * i + kVectorBase[vector]), pattern.order[vector]);
            store(target + 3 * i + 8 * vector,
                  normalized(_mm256_cvtepu8_epi32(bytes), pattern.scale_upper[vector], pattern.scale_lower[vector],
                             pattern.bias_upper[vector], pattern.bias_lower[vector]));
        }
    }
    return i;
}

}  // namespace

size_t normalize_channel_avx2(const uint8_t* source, const uint8_t* end, float* target, size_t pixels, const Normalization& by) {
    return normalize_channel(source, end, target, pixels, by);
}

size_t normalize_channel_avx2(const uint8_t* source, const uint8_t* end, uint16_t* target, size_t pixels,
                              const Normalization& by) {
    return normalize_channel(source, end, target, pixels, by);
}

size_t normalize_pixels_avx2(const uint8_t* source, const uint8_t* end, float* target, size_t pixels, bool reversed,
                             const Normalization* by) {
    return normalize_pixels(source, end, target, pixels, reversed, by);
}

size_t normalize_pixels_avx2(const uint8_t* source, const uint8_t* end, uint16_t* target, size_t pixels, bool reversed,
                             const Normalization* by) {
    return normalize_pixels(source, end, target, pixels, reversed, by);
}

}  // namespace enginery::kernels

#endif

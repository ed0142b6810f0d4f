#include "pillow_passes.h"

#include <algorithm>
#include <cstring>

#if ENGINERY_X86_SIMD
#include <immintrin.h>
#endif

namespace enginery::kernels {

namespace {

constexpr uint32_t kHalf = 1u << (kPillowPrecision - 1);

// Sums are unsigned: extreme weights may wrap, and then do so alike everywhere.
uint8_t clipped(uint32_t sum) {
    return static_cast<uint8_t>(std::min(255, std::max(0, static_cast<int32_t>(sum) >> kPillowPrecision)));
}

void horizontal_portable(const uint8_t* source, uint8_t* target, int32_t channels, const PillowWeights& weights) {
    for (size_t output = 0; output < weights.first.size(); ++output) {
        const uint8_t* from = source + static_cast<size_t>(weights.first[output]) * channels;
        const int32_t* weight = weights.weight.data() + output * weights.taps;
        const int32_t count = weights.count[output];
        for (int32_t channel = 0; channel < channels; ++channel) {
            uint32_t sum = kHalf;
            for (int32_t k = 0; k < count; ++k) {
                sum +=
                    static_cast<uint32_t>(from[static_cast<size_t>(k) * channels + channel]) * static_cast<uint32_t>(weight[k]);
            }
            *target++ = clipped(sum);
        }
    }
}

void vertical_columns(const uint8_t* source, size_t stride, uint8_t* target, size_t from, size_t to, const int32_t* weight,
                      int32_t count) {
    for (size_t i = from; i < to; ++i) {
        uint32_t sum = kHalf;
        for (int32_t k = 0; k < count; ++k)
            sum += static_cast<uint32_t>(source[k * stride + i]) * static_cast<uint32_t>(weight[k]);
        target[i] = clipped(sum);
    }
}

// In strips that fit into the first cache, row by row: the compiler's vectors are along the row then.
void vertical_portable(const uint8_t* source, size_t stride, uint8_t* target, size_t row_bytes, const PillowWeights& weights,
                       size_t output) {
    constexpr size_t strip = 256;
    uint32_t sums[strip];
    const int32_t* weight = weights.weight.data() + output * weights.taps;
    for (size_t begin = 0; begin < row_bytes; begin += strip) {
        const size_t length = std::min(strip, row_bytes - begin);
        for (size_t i = 0; i < length; ++i) sums[i] = kHalf;
        for (int32_t k = 0; k < weights.count[output]; ++k) {
            const uint8_t* row = source + k * stride + begin;
            const uint32_t factor = static_cast<uint32_t>(weight[k]);
            for (size_t i = 0; i < length; ++i) sums[i] += row[i] * factor;
        }
        for (size_t i = 0; i < length; ++i) target[begin + i] = clipped(sums[i]);
    }
}

#if ENGINERY_X86_SIMD

// Multiplications of 16 bits add up pairs of taps in one instruction; 32-bit ones take two for a single tap.
ENGINERY_TARGET("avx2")
inline __m256i joined(__m256i upper, __m256i lower) {
    const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(upper, kPillowLowerBits), lower);
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)), kPillowPrecision);
}

// Four taps a step: 16 bytes of source hold four pixels of up to four channels. The shuffle makes of them, for each
// channel, the pair of pixels 0 and 1 (lower lane) and 2 and 3 (upper lane), widened to 16 bits.
ENGINERY_TARGET("avx2")
__m256i pixel_pairs(int32_t channels) {
    alignas(32) int8_t bytes[32];
    std::memset(bytes, -1, sizeof bytes);
    for (int lane = 0; lane < 2; ++lane) {
        for (int channel = 0; channel < channels; ++channel) {
            bytes[16 * lane + 4 * channel] = static_cast<int8_t>(2 * lane * channels + channel);
            bytes[16 * lane + 4 * channel + 2] = static_cast<int8_t>((2 * lane + 1) * channels + channel);
        }
    }
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
}

ENGINERY_TARGET("avx2")
inline __m256i four_weights(const int16_t* weights) {
    int64_t four;
    std::memcpy(&four, weights, sizeof four);
    const __m256i pair_a_lane = _mm256_setr_epi8(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,  //
                                                 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
    return _mm256_shuffle_epi8(_mm256_set1_epi64x(four), pair_a_lane);
}

template <int channels>
ENGINERY_TARGET("avx2")
void horizontal_avx2(const uint8_t* source, uint8_t* target, const PillowWeights& weights) {
    const __m256i pairs = pixel_pairs(channels);
    const size_t outputs = weights.first.size();
    for (size_t output = 0; output < outputs; ++output) {
        const uint8_t* from = source + static_cast<size_t>(weights.first[output]) * channels;
        const int16_t* upper = weights.upper.data() + output * weights.taps;
        const int16_t* lower = weights.lower.data() + output * weights.taps;
        const int32_t count = weights.count[output];
        __m256i upper_sum = _mm256_setzero_si256(), lower_sum = _mm256_setzero_si256();
        for (int32_t k = 0; k < count; k += 4) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + static_cast<size_t>(k) * channels));
            const __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), pairs);
            upper_sum = _mm256_add_epi32(upper_sum, _mm256_madd_epi16(pixels, four_weights(upper + k)));
            lower_sum = _mm256_add_epi32(lower_sum, _mm256_madd_epi16(pixels, four_weights(lower + k)));
        }
        // The lanes hold different taps of the same channels.
        const __m128i upper_total = _mm_add_epi32(_mm256_castsi256_si128(upper_sum), _mm256_extracti128_si256(upper_sum, 1));
        const __m128i lower_total = _mm_add_epi32(_mm256_castsi256_si128(lower_sum), _mm256_extracti128_si256(lower_sum, 1));
        const __m128i value =
            _mm256_castsi256_si128(joined(_mm256_castsi128_si256(upper_total), _mm256_castsi128_si256(lower_total)));
        const __m128i words = _mm_packs_epi32(value, value);
        const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
        // A store of four bytes is overwritten by the next pixel's.
        if (output + 4 < outputs) std::memcpy(target, &pixel, 4);
        else std::memcpy(target, &pixel, channels);
        target += channels;
    }
}

ENGINERY_TARGET("avx2")
void horizontal_avx2_any(const uint8_t* source, uint8_t* target, int32_t channels, const PillowWeights& weights) {
    switch (channels) {
        case 1: return horizontal_avx2<1>(source, target, weights);
        case 2: return horizontal_avx2<2>(source, target, weights);
        case 3: return horizontal_avx2<3>(source, target, weights);
        default: return horizontal_avx2<4>(source, target, weights);
    }
}

// Two rows a step: their bytes are interleaved, so that a multiplication takes a pair of taps.
ENGINERY_TARGET("avx2")
inline void vertical_block(const uint8_t* source, size_t stride, uint8_t* target, const int16_t* upper, const int16_t* lower,
                           int32_t count) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i u0 = zero, u1 = zero, u2 = zero, u3 = zero, l0 = zero, l1 = zero, l2 = zero, l3 = zero;
    for (int32_t k = 0; k < count; k += 2) {
        int32_t upper_pair, lower_pair;
        std::memcpy(&upper_pair, upper + k, sizeof upper_pair);
        std::memcpy(&lower_pair, lower + k, sizeof lower_pair);
        const __m256i upper_weights = _mm256_set1_epi32(upper_pair), lower_weights = _mm256_set1_epi32(lower_pair);
        const uint8_t* row = source + k * stride;
        const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row));
        // The weight beyond the last tap is zero.
        const __m256i b = k + 1 < count ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + stride)) : zero;
        const __m256i low = _mm256_unpacklo_epi8(a, b), high = _mm256_unpackhi_epi8(a, b);
        const __m256i p0 = _mm256_unpacklo_epi8(low, zero), p1 = _mm256_unpackhi_epi8(low, zero);
        const __m256i p2 = _mm256_unpacklo_epi8(high, zero), p3 = _mm256_unpackhi_epi8(high, zero);
        u0 = _mm256_add_epi32(u0, _mm256_madd_epi16(p0, upper_weights));
        u1 = _mm256_add_epi32(u1, _mm256_madd_epi16(p1, upper_weights));
        u2 = _mm256_add_epi32(u2, _mm256_madd_epi16(p2, upper_weights));
        u3 = _mm256_add_epi32(u3, _mm256_madd_epi16(p3, upper_weights));
        l0 = _mm256_add_epi32(l0, _mm256_madd_epi16(p0, lower_weights));
        l1 = _mm256_add_epi32(l1, _mm256_madd_epi16(p1, lower_weights));
        l2 = _mm256_add_epi32(l2, _mm256_madd_epi16(p2, lower_weights));
        l3 = _mm256_add_epi32(l3, _mm256_madd_epi16(p3, lower_weights));
    }
    const __m256i low_words = _mm256_packs_epi32(joined(u0, l0), joined(u1, l1));
    const __m256i high_words = _mm256_packs_epi32(joined(u2, l2), joined(u3, l3));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), _mm256_packus_epi16(low_words, high_words));
}

ENGINERY_TARGET("avx2")
void vertical_avx2(const uint8_t* source, size_t stride, uint8_t* target, size_t row_bytes, const PillowWeights& weights,
                   size_t output) {
    constexpr size_t block = 32;
    const size_t at = output * weights.taps;
    const int32_t count = weights.count[output];
    if (row_bytes < block) return vertical_columns(source, stride, target, 0, row_bytes, weights.weight.data() + at, count);
    for (size_t i = 0; i < row_bytes; i += block) {
        // The last block overlaps the one before it.
        const size_t begin = std::min(i, row_bytes - block);
        vertical_block(source + begin, stride, target + begin, weights.upper.data() + at, weights.lower.data() + at, count);
    }
}

#endif

}  // namespace

PillowPasses pillow_passes_portable() {
    return {horizontal_portable, vertical_portable};
}

#if ENGINERY_X86_SIMD
PillowPasses pillow_passes_avx2() {
    return {horizontal_avx2_any, vertical_avx2};
}
#endif

}  // namespace enginery::kernels

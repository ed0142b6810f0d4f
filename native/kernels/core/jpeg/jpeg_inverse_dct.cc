#include "jpeg_inverse_dct.h"

#include <algorithm>
#include <cstring>

#if ENGINERY_X86_SIMD
#include <immintrin.h>
#endif

namespace enginery::kernels {

namespace {

// Cosines in 13 bits after the point, and how far the sums of each pass are shifted back.
constexpr int kBits = 13, kFirstShift = 11, kSecondShift = 18;
constexpr int32_t k0_298 = 2446, k0_390 = 3196, k0_541 = 4433, k0_765 = 6270, k0_899 = 7373, k1_175 = 9633, k1_501 = 12299,
                  k1_847 = 15137, k1_961 = 16069, k2_053 = 16819, k2_562 = 20995, k3_072 = 25172;

int16_t wrapped(int32_t value) {
    return static_cast<int16_t>(static_cast<uint16_t>(value));
}

int16_t saturated(int32_t value) {
    return static_cast<int16_t>(std::clamp<int32_t>(value, INT16_MIN, INT16_MAX));
}

// One dimension of 8 values, `step` apart.
template <int shift>
void transform_portable(int16_t* values, ptrdiff_t step) {
    const int32_t in[8] = {values[0],        values[step],     values[2 * step], values[3 * step],
                           values[4 * step], values[5 * step], values[6 * step], values[7 * step]};
    const int32_t sum = wrapped(in[0] + in[4]) * (1 << kBits), difference = wrapped(in[0] - in[4]) * (1 << kBits);
    const int32_t even2 = in[2] * k0_541 + in[6] * (k0_541 - k1_847), even3 = in[2] * (k0_541 + k0_765) + in[6] * k0_541;
    const int32_t even[4] = {sum + even3, difference + even2, difference - even2, sum - even3};
    const int32_t z3 = wrapped(in[7] + in[3]), z4 = wrapped(in[5] + in[1]);
    const int32_t z3_turned = z3 * (k1_175 - k1_961) + z4 * k1_175, z4_turned = z3 * k1_175 + z4 * (k1_175 - k0_390);
    const int32_t odd[4] = {
        in[7] * -k0_899 + in[1] * (k1_501 - k0_899) + z4_turned,
        in[5] * -k2_562 + in[3] * (k3_072 - k2_562) + z3_turned,
        in[5] * (k2_053 - k2_562) + in[3] * -k2_562 + z4_turned,
        in[7] * (k0_298 - k0_899) + in[1] * -k0_899 + z3_turned,
    };
    constexpr int32_t half = 1 << (shift - 1);
    for (int i = 0; i < 4; ++i) {
        values[i * step] = saturated((even[i] + odd[i] + half) >> shift);
        values[(7 - i) * step] = saturated((even[i] - odd[i] + half) >> shift);
    }
}

void inverse_dct_portable(const int16_t* block, const uint16_t* quantization, uint8_t* samples, ptrdiff_t stride) {
    int16_t values[64];
    for (int i = 0; i < 64; ++i) values[i] = wrapped(block[i] * quantization[i]);
    for (int column = 0; column < 8; ++column) transform_portable<kFirstShift>(values + column, 8);
    for (int row = 0; row < 8; ++row) {
        transform_portable<kSecondShift>(values + 8 * row, 1);
        for (int x = 0; x < 8; ++x) {
            samples[row * stride + x] = static_cast<uint8_t>(std::clamp<int32_t>(values[8 * row + x], -128, 127) + 128);
        }
    }
}

// All samples of a block are the same where nothing but its mean is coded.
void fill_block(int16_t mean, uint16_t step, uint8_t* samples, ptrdiff_t stride) {
    const int32_t value = saturated(wrapped(mean * step) * 4);
    const int32_t sample = std::clamp<int32_t>((value + 16) >> 5, -128, 127) + 128;
    for (int row = 0; row < 8; ++row) std::memset(samples + row * stride, sample, 8);
}

#if ENGINERY_X86_SIMD

// Two blocks at a time, one in each half of every vector.

ENGINERY_TARGET("avx2")
inline __m256i pairs_of(int32_t first, int32_t second) {
    return _mm256_set1_epi32(static_cast<int32_t>(static_cast<uint32_t>(second) << 16 | (static_cast<uint32_t>(first) & 0xffff)));
}

// 32-bit sums of products, of the lower four and of the upper four of a row.
struct Wide {
    __m256i lower;
    __m256i upper;
};

ENGINERY_TARGET("avx2")
inline Wide products(__m256i a, __m256i b, int32_t for_a, int32_t for_b) {
    const __m256i factors = pairs_of(for_a, for_b);
    return {_mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), factors), _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), factors)};
}

ENGINERY_TARGET("avx2")
inline Wide widened(__m256i values) {
    const __m256i zero = _mm256_setzero_si256();
    return {_mm256_srai_epi32(_mm256_unpacklo_epi16(zero, values), 16 - kBits),
            _mm256_srai_epi32(_mm256_unpackhi_epi16(zero, values), 16 - kBits)};
}

ENGINERY_TARGET("avx2")
inline Wide sum(Wide a, Wide b) {
    return {_mm256_add_epi32(a.lower, b.lower), _mm256_add_epi32(a.upper, b.upper)};
}

ENGINERY_TARGET("avx2")
inline Wide difference(Wide a, Wide b) {
    return {_mm256_sub_epi32(a.lower, b.lower), _mm256_sub_epi32(a.upper, b.upper)};
}

template <int shift>
ENGINERY_TARGET("avx2")
inline __m256i narrowed(Wide values) {
    return _mm256_packs_epi32(_mm256_srai_epi32(values.lower, shift), _mm256_srai_epi32(values.upper, shift));
}

template <int shift>
ENGINERY_TARGET("avx2")
inline void transform_avx2(__m256i rows[8]) {
    const __m256i half = _mm256_set1_epi32(1 << (shift - 1));
    const Wide whole = widened(_mm256_add_epi16(rows[0], rows[4])), apart = widened(_mm256_sub_epi16(rows[0], rows[4]));
    const Wide rounded_whole{_mm256_add_epi32(whole.lower, half), _mm256_add_epi32(whole.upper, half)};
    const Wide rounded_apart{_mm256_add_epi32(apart.lower, half), _mm256_add_epi32(apart.upper, half)};
    const Wide even2 = products(rows[2], rows[6], k0_541, k0_541 - k1_847);
    const Wide even3 = products(rows[2], rows[6], k0_541 + k0_765, k0_541);
    const Wide even[4] = {sum(rounded_whole, even3), sum(rounded_apart, even2), difference(rounded_apart, even2),
                          difference(rounded_whole, even3)};
    const __m256i z3 = _mm256_add_epi16(rows[7], rows[3]), z4 = _mm256_add_epi16(rows[5], rows[1]);
    const Wide z3_turned = products(z3, z4, k1_175 - k1_961, k1_175), z4_turned = products(z3, z4, k1_175, k1_175 - k0_390);
    const Wide odd[4] = {
        sum(products(rows[7], rows[1], -k0_899, k1_501 - k0_899), z4_turned),
        sum(products(rows[5], rows[3], -k2_562, k3_072 - k2_562), z3_turned),
        sum(products(rows[5], rows[3], k2_053 - k2_562, -k2_562), z4_turned),
        sum(products(rows[7], rows[1], k0_298 - k0_899, -k0_899), z3_turned),
    };
    for (int i = 0; i < 4; ++i) {
        rows[i] = narrowed<shift>(sum(even[i], odd[i]));
        rows[7 - i] = narrowed<shift>(difference(even[i], odd[i]));
    }
}

ENGINERY_TARGET("avx2")
inline void transpose(__m256i rows[8]) {
    __m256i by_two[8], by_four[8];
    for (int i = 0; i < 4; ++i) {
        by_two[2 * i] = _mm256_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]);
        by_two[2 * i + 1] = _mm256_unpackhi_epi16(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) {
            by_four[4 * i + 2 * j] = _mm256_unpacklo_epi32(by_two[4 * i + j], by_two[4 * i + 2 + j]);
            by_four[4 * i + 2 * j + 1] = _mm256_unpackhi_epi32(by_two[4 * i + j], by_two[4 * i + 2 + j]);
        }
    }
    for (int i = 0; i < 4; ++i) {
        rows[2 * i] = _mm256_unpacklo_epi64(by_four[i], by_four[4 + i]);
        rows[2 * i + 1] = _mm256_unpackhi_epi64(by_four[i], by_four[4 + i]);
    }
}

// 16 bits to 8, from columns to rows.
ENGINERY_TARGET("avx2")
inline void store_columns(const __m256i columns[8], uint8_t* samples, ptrdiff_t stride) {
    const __m256i center = _mm256_set1_epi8(-128);
    __m256i packed[4];
    for (int i = 0; i < 4; ++i) packed[i] = _mm256_xor_si256(_mm256_packs_epi16(columns[i], columns[i + 4]), center);
    const __m256i even_left = _mm256_unpacklo_epi8(packed[0], packed[2]), odd_left = _mm256_unpacklo_epi8(packed[1], packed[3]);
    const __m256i even_right = _mm256_unpackhi_epi8(packed[0], packed[2]), odd_right = _mm256_unpackhi_epi8(packed[1], packed[3]);
    const __m256i left[2] = {_mm256_unpacklo_epi8(even_left, odd_left), _mm256_unpackhi_epi8(even_left, odd_left)};
    const __m256i right[2] = {_mm256_unpacklo_epi8(even_right, odd_right), _mm256_unpackhi_epi8(even_right, odd_right)};
    for (int i = 0; i < 2; ++i) {
        const __m256i pairs[2] = {_mm256_unpacklo_epi32(left[i], right[i]), _mm256_unpackhi_epi32(left[i], right[i])};
        for (int j = 0; j < 2; ++j) {
            // Two rows of each block; the second block's lie to the right of the first's.
            const __m256i rows = _mm256_permute4x64_epi64(pairs[j], 0xd8);
            uint8_t* to = samples + (4 * i + 2 * j) * stride;
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(rows));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + stride), _mm256_extracti128_si256(rows, 1));
        }
    }
}

ENGINERY_TARGET("avx2")
void inverse_dct_of_pair(const int16_t* blocks, const uint16_t* quantization, uint8_t* samples, ptrdiff_t stride) {
    __m256i rows[8];
    for (int i = 0; i < 8; ++i) {
        const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks + 8 * i));
        const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks + 64 + 8 * i));
        const __m128i steps = _mm_loadu_si128(reinterpret_cast<const __m128i*>(quantization + 8 * i));
        const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
        rows[i] = _mm256_mullo_epi16(both, _mm256_broadcastsi128_si256(steps));
    }
    transform_avx2<kFirstShift>(rows);
    transpose(rows);
    transform_avx2<kSecondShift>(rows);
    store_columns(rows, samples, stride);
}

#endif

}  // namespace

void inverse_dct(const int16_t* blocks, const uint8_t* has_ac, int32_t count, const uint16_t* quantization, uint8_t* samples,
                 ptrdiff_t stride, SimdLevel level) {
#if ENGINERY_X86_SIMD
    if (level >= SimdLevel::avx2) {
        for (int32_t i = 0; i < count; i += 2) {
            if (has_ac[i] || (i + 1 < count && has_ac[i + 1])) {
                inverse_dct_of_pair(blocks + 64 * i, quantization, samples + 8 * i, stride);
                continue;
            }
            fill_block(blocks[64 * i], quantization[0], samples + 8 * i, stride);
            if (i + 1 < count) fill_block(blocks[64 * (i + 1)], quantization[0], samples + 8 * (i + 1), stride);
        }
        return;
    }
#endif
    static_cast<void>(level);
    for (int32_t i = 0; i < count; ++i) {
        if (has_ac[i]) inverse_dct_portable(blocks + 64 * i, quantization, samples + 8 * i, stride);
        else fill_block(blocks[64 * i], quantization[0], samples + 8 * i, stride);
    }
}

}  // namespace enginery::kernels

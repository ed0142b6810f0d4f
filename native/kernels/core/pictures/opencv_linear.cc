#include <algorithm>
#include <cstring>

#include "opencv_resample.h"
#include "row_reader.h"

#if ENGINERY_X86_SIMD
#include <immintrin.h>
#endif

namespace enginery::kernels {

namespace {

// A row resampled along x holds value * 2^11 / 2^4, which fits into 16 bits.
constexpr int kDroppedBits = 4;

void blend_columns_portable(const uint8_t* source, int16_t* target, int32_t channels, int32_t last, const LinearAxis& axis) {
    for (size_t output = 0; output < axis.first.size(); ++output) {
        const int32_t first = axis.first[output];
        const uint8_t* a = source + static_cast<size_t>(first) * channels;
        const uint8_t* b = source + static_cast<size_t>(std::min(first + 1, last)) * channels;
        const int32_t weight_a = axis.weight[2 * output], weight_b = axis.weight[2 * output + 1];
        for (int32_t channel = 0; channel < channels; ++channel) {
            *target++ = static_cast<int16_t>((a[channel] * weight_a + b[channel] * weight_b) >> kDroppedBits);
        }
    }
}

// Each product loses its lower 16 bits before the sum: OpenCV rounds like this.
void blend_rows_portable(const int16_t* a, const int16_t* b, int32_t weight_a, int32_t weight_b, uint8_t* target, size_t from,
                         size_t to) {
    for (size_t i = from; i < to; ++i) {
        target[i] = static_cast<uint8_t>((((a[i] * weight_a) >> 16) + ((b[i] * weight_b) >> 16) + 2) >> 2);
    }
}

#if ENGINERY_X86_SIMD

// Both neighbours of a pixel, channel by channel in pairs of 16 bits, from their bytes in each lane.
ENGINERY_TARGET("avx2")
__m256i neighbour_pairs(int32_t channels) {
    alignas(32) int8_t bytes[32];
    std::memset(bytes, -1, sizeof bytes);
    for (int lane = 0; lane < 2; ++lane) {
        for (int channel = 0; channel < channels; ++channel) {
            bytes[16 * lane + 4 * channel] = static_cast<int8_t>(channel);
            bytes[16 * lane + 4 * channel + 2] = static_cast<int8_t>(channels + channel);
        }
    }
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
}

// Each lane holds two pixels of four 16-bit values; the unused ones go to the end.
ENGINERY_TARGET("avx2")
__m256i without_gaps(int32_t channels) {
    alignas(32) int8_t bytes[32];
    std::memset(bytes, -1, sizeof bytes);
    for (int lane = 0; lane < 2; ++lane) {
        for (int i = 0; i < 2 * channels; ++i) {
            bytes[16 * lane + i] = static_cast<int8_t>(i);
            bytes[16 * lane + 2 * channels + i] = static_cast<int8_t>(8 + i);
        }
    }
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes));
}

ENGINERY_TARGET("avx2")
inline __m256i two_pixels(const uint8_t* a, const uint8_t* b, const int16_t* weight_a, const int16_t* weight_b, __m256i pairs) {
    const __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(a))),
                                                  _mm_loadl_epi64(reinterpret_cast<const __m128i*>(b)), 1);
    int32_t first, second;
    std::memcpy(&first, weight_a, sizeof first);
    std::memcpy(&second, weight_b, sizeof second);
    const __m256i weights = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_set1_epi32(first)), _mm_set1_epi32(second), 1);
    return _mm256_srai_epi32(_mm256_madd_epi16(_mm256_shuffle_epi8(bytes, pairs), weights), kDroppedBits);
}

// Four pixels a step. The stores reach up to 8 values beyond the row.
template <int channels>
ENGINERY_TARGET("avx2")
void blend_columns_avx2(const uint8_t* source, int16_t* target, int32_t last, const LinearAxis& axis) {
    const __m256i pairs = neighbour_pairs(channels), squeeze = without_gaps(channels);
    const size_t outputs = axis.first.size();
    const int32_t* first = axis.first.data();
    const int16_t* weight = axis.weight.data();
    size_t i = 0;
    for (; i + 4 <= outputs; i += 4) {
        const auto pixel = [&](size_t k) { return source + static_cast<size_t>(first[i + k]) * channels; };
        // Pixels 0 and 1 end up in the lower lane, 2 and 3 in the upper.
        const __m256i even = two_pixels(pixel(0), pixel(2), weight + 2 * i, weight + 2 * (i + 2), pairs);
        const __m256i odd = two_pixels(pixel(1), pixel(3), weight + 2 * (i + 1), weight + 2 * (i + 3), pairs);
        const __m256i values = _mm256_shuffle_epi8(_mm256_packs_epi32(even, odd), squeeze);
        int16_t* to = target + i * channels;
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(values));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2 * channels), _mm256_extracti128_si256(values, 1));
    }
    for (; i < outputs; ++i) {
        const uint8_t* a = source + static_cast<size_t>(first[i]) * channels;
        const uint8_t* b = source + static_cast<size_t>(std::min(first[i] + 1, last)) * channels;
        for (int channel = 0; channel < channels; ++channel) {
            const int32_t sum = a[channel] * weight[2 * i] + b[channel] * weight[2 * i + 1];
            target[i * channels + channel] = static_cast<int16_t>(sum >> kDroppedBits);
        }
    }
}

ENGINERY_TARGET("avx2")
void blend_columns_avx2_any(const uint8_t* source, int16_t* target, int32_t channels, int32_t last, const LinearAxis& axis) {
    switch (channels) {
        case 1: return blend_columns_avx2<1>(source, target, last, axis);
        case 2: return blend_columns_avx2<2>(source, target, last, axis);
        case 3: return blend_columns_avx2<3>(source, target, last, axis);
        default: return blend_columns_avx2<4>(source, target, last, axis);
    }
}

ENGINERY_TARGET("avx2")
void blend_rows_avx2(const int16_t* a, const int16_t* b, int32_t weight_a, int32_t weight_b, uint8_t* target, size_t count) {
    const __m256i weights_a = _mm256_set1_epi16(static_cast<int16_t>(weight_a));
    const __m256i weights_b = _mm256_set1_epi16(static_cast<int16_t>(weight_b));
    const __m256i two = _mm256_set1_epi16(2);
    const auto sixteen = [&](size_t at) ENGINERY_TARGET("avx2") {
        const __m256i from_a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + at));
        const __m256i from_b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + at));
        const __m256i sum = _mm256_add_epi16(_mm256_mulhi_epi16(from_a, weights_a), _mm256_mulhi_epi16(from_b, weights_b));
        return _mm256_srai_epi16(_mm256_add_epi16(sum, two), 2);
    };
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i bytes = _mm256_packus_epi16(sixteen(i), sixteen(i + 16));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + i), _mm256_permute4x64_epi64(bytes, 0xd8));
    }
    blend_rows_portable(a, b, weight_a, weight_b, target, i, count);
}

#endif

}  // namespace

void resample_linear(const PictureView& source, int32_t width, int32_t height, const Window& window, LinearPlacement placement,
                     uint8_t* target, SimdLevel level) {
    const LinearAxis columns = linear_columns(source.width, width, window.left, window.width, placement);
    const LinearAxis rows = linear_rows(source.height, height, window.top, window.height, placement);
    const size_t row_length = static_cast<size_t>(window.width) * source.channels;
    const bool vectors = ENGINERY_X86_SIMD && level >= SimdLevel::avx2;

    // The two source rows that are at work, resampled along x; a row and the next have different places.
    constexpr size_t spare = 16;
    std::vector<int16_t> blended[2] = {std::vector<int16_t>(row_length + spare), std::vector<int16_t>(row_length + spare)};
    int32_t held[2] = {-1, -1};
    RowReader reader(source);
    const auto blended_row = [&](int32_t y) {
        y = std::min(std::max(y, 0), source.height - 1);
        int16_t* row = blended[y & 1].data();
        if (held[y & 1] == y) return row;
        held[y & 1] = y;
#if ENGINERY_X86_SIMD
        if (vectors) blend_columns_avx2_any(reader.row(y), row, source.channels, source.width - 1, columns);
#endif
        if (!vectors) blend_columns_portable(source.row(y), row, source.channels, source.width - 1, columns);
        return row;
    };

    for (int32_t output = 0; output < window.height; ++output) {
        const int16_t* a = blended_row(rows.first[output]);
        const int16_t* b = blended_row(rows.first[output] + 1);
        const int32_t weight_a = rows.weight[2 * output], weight_b = rows.weight[2 * output + 1];
        uint8_t* to = target + output * row_length;
#if ENGINERY_X86_SIMD
        if (vectors) blend_rows_avx2(a, b, weight_a, weight_b, to, row_length);
#endif
        if (!vectors) blend_rows_portable(a, b, weight_a, weight_b, to, 0, row_length);
    }
}

}  // namespace enginery::kernels

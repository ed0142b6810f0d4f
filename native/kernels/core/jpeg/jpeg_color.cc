#include "jpeg_color.h"

#include <algorithm>
#include <cstring>

#include "../cpu/simd_dispatch.h"
#include "../elements/scalar_conversion.h"

#if ENGINERY_X86_SIMD
#include <immintrin.h>
#endif

namespace enginery::kernels {

namespace {

// In 16 bits after the point: 1.402, 0.34414, 0.71414 and 1.772.
constexpr int32_t kRedOfCr = 91881, kGreenOfCb = 22554, kGreenOfCr = 46802, kBlueOfCb = 116130, kHalf = 32768;

uint8_t sample(int32_t value) {
    return static_cast<uint8_t>(std::clamp<int32_t>(value, 0, 255));
}

void convert_portable(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int32_t width, uint8_t* rgb) {
    for (int32_t x = 0; x < width; ++x, rgb += 3) {
        const int32_t blue = cb[x] - 128, red = cr[x] - 128;
        rgb[0] = sample(y[x] + ((kRedOfCr * red + kHalf) >> 16));
        rgb[1] = sample(y[x] + ((-kGreenOfCb * blue - kGreenOfCr * red + kHalf) >> 16));
        rgb[2] = sample(y[x] + ((kBlueOfCb * blue + kHalf) >> 16));
    }
}

#if ENGINERY_X86_SIMD

constexpr int32_t kStep = 32;

struct Colors {
    __m256i red;
    __m256i green;
    __m256i blue;
};

// 16 pixels in 16 bits. The factors' whole parts are added apart, so that what is left fits into 16 bits.
ENGINERY_TARGET("avx2")
inline Colors convert(__m256i y, __m256i cb, __m256i cr) {
    const __m256i center = _mm256_set1_epi16(128), one = _mm256_set1_epi16(1);
    cb = _mm256_sub_epi16(cb, center);
    cr = _mm256_sub_epi16(cr, center);
    const __m256i twice_cb = _mm256_add_epi16(cb, cb), twice_cr = _mm256_add_epi16(cr, cr);
    // 1.402 = 1 + 0.402; 1.772 = 2 - 0.228. The half that rounds is added before the last bit is dropped.
    const __m256i red_part = _mm256_mulhi_epi16(twice_cr, _mm256_set1_epi16(kRedOfCr - 65536));
    const __m256i blue_part = _mm256_mulhi_epi16(twice_cb, _mm256_set1_epi16(kBlueOfCb - 131072));
    const __m256i red = _mm256_add_epi16(cr, _mm256_srai_epi16(_mm256_add_epi16(red_part, one), 1));
    const __m256i blue = _mm256_add_epi16(twice_cb, _mm256_srai_epi16(_mm256_add_epi16(blue_part, one), 1));
    // -0.71414 = 0.28586 - 1.
    constexpr uint32_t for_cb = (65536u - kGreenOfCb) & 0xffffu, for_cr = 65536u - kGreenOfCr;
    const __m256i factors = _mm256_set1_epi32(static_cast<int32_t>(for_cr << 16 | for_cb));
    const __m256i half = _mm256_set1_epi32(kHalf);
    const __m256i lower = _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi16(cb, cr), factors), half);
    const __m256i upper = _mm256_add_epi32(_mm256_madd_epi16(_mm256_unpackhi_epi16(cb, cr), factors), half);
    const __m256i green = _mm256_packs_epi32(_mm256_srai_epi32(lower, 16), _mm256_srai_epi32(upper, 16));
    return {_mm256_add_epi16(y, red), _mm256_sub_epi16(_mm256_add_epi16(y, green), cr), _mm256_add_epi16(y, blue)};
}

ENGINERY_TARGET("avx2")
inline __m256i load32(const uint8_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// For each 16 of 48 bytes and each channel: which of the channel's bytes go where.
struct Interleaving {
    alignas(16) int8_t order[3][3][16] = {};

    constexpr Interleaving() {
        for (int byte = 0; byte < 48; ++byte) {
            for (int channel = 0; channel < 3; ++channel) {
                order[byte / 16][channel][byte % 16] = static_cast<int8_t>(byte % 3 == channel ? byte / 3 : -1);
            }
        }
    }
};

constexpr Interleaving kInterleaving;

ENGINERY_TARGET("avx2")
inline __m256i interleaved(__m256i bytes, int part, int channel) {
    const auto* order = reinterpret_cast<const __m128i*>(kInterleaving.order[part][channel]);
    return _mm256_shuffle_epi8(bytes, _mm256_broadcastsi128_si256(_mm_load_si128(order)));
}

ENGINERY_TARGET("avx2")
inline void store_interleaved(const Colors& colors, uint8_t* rgb) {
    for (int part = 0; part < 3; ++part) {
        const __m256i two = _mm256_or_si256(interleaved(colors.red, part, 0), interleaved(colors.green, part, 1));
        const __m256i bytes = _mm256_or_si256(two, interleaved(colors.blue, part, 2));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rgb + 16 * part), _mm256_castsi256_si128(bytes));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rgb + 48 + 16 * part), _mm256_extracti128_si256(bytes, 1));
    }
}

ENGINERY_TARGET("avx2")
void convert_avx2(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int32_t width, uint8_t* rgb) {
    const __m256i zero = _mm256_setzero_si256();
    uint8_t rest[3 * kStep];
    for (int32_t x = 0; x < width; x += kStep) {
        const __m256i luma = load32(y + x), blues = load32(cb + x), reds = load32(cr + x);
        const Colors a = convert(_mm256_unpacklo_epi8(luma, zero), _mm256_unpacklo_epi8(blues, zero),  //
                                 _mm256_unpacklo_epi8(reds, zero));
        const Colors b = convert(_mm256_unpackhi_epi8(luma, zero), _mm256_unpackhi_epi8(blues, zero),  //
                                 _mm256_unpackhi_epi8(reds, zero));
        const Colors colors{_mm256_packus_epi16(a.red, b.red), _mm256_packus_epi16(a.green, b.green),
                            _mm256_packus_epi16(a.blue, b.blue)};
        if (width - x >= kStep) {
            store_interleaved(colors, rgb + 3 * x);
        } else {
            store_interleaved(colors, rest);
            std::memcpy(rgb + 3 * x, rest, 3 * static_cast<size_t>(width - x));
        }
    }
}

#endif

struct GrayLoop {
    const uint8_t* gray;
    int32_t width;
    uint8_t* rgb;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        for (int32_t x = 0; x < width; ++x) rgb[3 * x] = rgb[3 * x + 1] = rgb[3 * x + 2] = gray[x];
    }
};

}  // namespace

void rgb_from_ycbcr(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, int32_t width, uint8_t* rgb, SimdLevel level) {
#if ENGINERY_X86_SIMD
    if (level >= SimdLevel::avx2) return convert_avx2(y, cb, cr, width, rgb);
#endif
    static_cast<void>(level);
    convert_portable(y, cb, cr, width, rgb);
}

void rgb_from_gray(const uint8_t* gray, int32_t width, uint8_t* rgb, SimdLevel level) {
    run(level, GrayLoop{gray, width, rgb});
}

}  // namespace enginery::kernels

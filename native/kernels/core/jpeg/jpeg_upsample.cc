#include "jpeg_upsample.h"

#include "../cpu/simd_dispatch.h"
#include "../elements/scalar_conversion.h"

namespace enginery::kernels {

namespace {

// Left and right take turns in being rounded up, so that rounding does not brighten the picture.
template <typename Sample, int left_bias, int right_bias, int shift>
struct WidenLoop {
    const Sample* row;
    int32_t width;
    uint8_t* target;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const Sample* __restrict from = row;
        uint8_t* __restrict to = target;
        const int32_t last = width - 1;
        for (int32_t i = 1; i < last; ++i) {
            const auto middle = static_cast<uint16_t>(3 * from[i]);
            to[2 * i] = static_cast<uint8_t>(static_cast<uint16_t>(middle + from[i - 1] + left_bias) >> shift);
            to[2 * i + 1] = static_cast<uint8_t>(static_cast<uint16_t>(middle + from[i + 1] + right_bias) >> shift);
        }
        to[0] = static_cast<uint8_t>((4 * from[0] + left_bias) >> shift);
        to[1] = static_cast<uint8_t>((3 * from[0] + from[1] + right_bias) >> shift);
        to[2 * last] = static_cast<uint8_t>((3 * from[last] + from[last - 1] + left_bias) >> shift);
        to[2 * last + 1] = static_cast<uint8_t>((4 * from[last] + right_bias) >> shift);
    }
};

struct BlendLoop {
    const uint8_t* nearest;
    const uint8_t* next;
    int32_t width;
    uint16_t* sums;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const uint8_t* __restrict a = nearest;
        const uint8_t* __restrict b = next;
        uint16_t* __restrict to = sums;
        for (int32_t i = 0; i < width; ++i) to[i] = static_cast<uint16_t>(3 * a[i] + b[i]);
    }
};

}  // namespace

void upsample_row(const uint8_t* row, int32_t width, uint8_t* target, SimdLevel level) {
    run(level, WidenLoop<uint8_t, 1, 2, 2>{row, width, target});
}

void upsample_between_rows(const uint8_t* nearest, const uint8_t* next, int32_t width, uint16_t* sums, uint8_t* target,
                           SimdLevel level) {
    run(level, BlendLoop{nearest, next, width, sums});
    run(level, WidenLoop<uint16_t, 8, 7, 4>{sums, width, target});
}

}  // namespace enginery::kernels

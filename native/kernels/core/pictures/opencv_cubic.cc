#include <algorithm>

#include "../cpu/simd_dispatch.h"
#include "../elements/scalar_conversion.h"
#include "opencv_resample.h"

namespace enginery::kernels {

namespace {

// Four neighbours along x; `taps` holds the positions, four for each output, as offsets into the row.
struct BlendColumns {
    const uint8_t* source;
    int32_t* target;
    const size_t* taps;
    const int16_t* weights;
    size_t outputs;
    int32_t channels;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        int32_t* to = target;
        for (size_t i = 0; i < 4 * outputs; i += 4) {
            for (int32_t channel = 0; channel < channels; ++channel) {
                int32_t sum = 0;
                for (size_t k = 0; k < 4; ++k) sum += source[taps[i + k] + channel] * weights[i + k];
                *to++ = sum;
            }
        }
    }
};

// Four rows. OpenCV does this in single precision, from the last row to the first.
struct BlendRows {
    const int32_t* rows[4];
    float weights[4];
    uint8_t* target;
    size_t count;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const int32_t* __restrict a = rows[0];
        const int32_t* __restrict b = rows[1];
        const int32_t* __restrict c = rows[2];
        const int32_t* __restrict d = rows[3];
        const float wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];
        uint8_t* __restrict to = target;
        // Adding and taking away 1.5 * 2^23 rounds half to even, as the conversion instruction does.
        constexpr float shifter = 12582912.0f;
        for (size_t i = 0; i < count; ++i) {
            const float sum = static_cast<float>(a[i]) * wa +
                              (static_cast<float>(b[i]) * wb + (static_cast<float>(c[i]) * wc + static_cast<float>(d[i]) * wd));
            const int32_t value = static_cast<int32_t>(sum + shifter - shifter);
            to[i] = static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
};

int32_t within(int32_t position, int32_t size) {
    return std::min(std::max(position, 0), size - 1);
}

}  // namespace

void resample_cubic(const PictureView& source, int32_t width, int32_t height, const Window& window, uint8_t* target,
                    SimdLevel level) {
    const CubicAxis columns = cubic_axis(source.width, width, window.left, window.width);
    const CubicAxis rows = cubic_axis(source.height, height, window.top, window.height);
    const size_t row_length = static_cast<size_t>(window.width) * source.channels;
    std::vector<size_t> taps;
    for (const int32_t second : columns.second) {
        for (int32_t k = -1; k <= 2; ++k) taps.push_back(static_cast<size_t>(within(second + k, source.width)) * source.channels);
    }

    // The four source rows at work, resampled along x; neighbours have different places.
    std::vector<int32_t> blended[4];
    int32_t held[4] = {-1, -1, -1, -1};
    const auto blended_row = [&](int32_t y) {
        y = within(y, source.height);
        std::vector<int32_t>& row = blended[y & 3];
        if (held[y & 3] != y) {
            held[y & 3] = y;
            row.resize(row_length);
            run(level, BlendColumns{source.row(y), row.data(), taps.data(), columns.weight.data(),
                                    static_cast<size_t>(window.width), source.channels});
        }
        return row.data();
    };

    constexpr float unit = 1.0f / (1 << 2 * kOpenCvWeightBits);
    for (int32_t output = 0; output < window.height; ++output) {
        BlendRows blend;
        for (int32_t k = 0; k < 4; ++k) {
            blend.rows[k] = blended_row(rows.second[output] - 1 + k);
            blend.weights[k] = static_cast<float>(rows.weight[4 * output + k]) * unit;
        }
        blend.target = target + output * row_length;
        blend.count = row_length;
        run(level, blend);
    }
}

}  // namespace enginery::kernels

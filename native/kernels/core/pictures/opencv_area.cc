#include <algorithm>

#include "../cpu/simd_dispatch.h"
#include "../elements/scalar_conversion.h"
#include "opencv_resample.h"

namespace enginery::kernels {

namespace {

// Adding and taking away 1.5 * 2^23 rounds half to even.
ENGINERY_ALWAYS_INLINE uint8_t rounded_to_byte(float value) {
    constexpr float shifter = 12582912.0f;
    const int32_t whole = static_cast<int32_t>(value + shifter - shifter);
    return static_cast<uint8_t>(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}

// Weighted sums along x, in single precision and in order of position.
struct SumColumns {
    const uint8_t* source;
    float* target;
    const AreaAxis* axis;
    int32_t channels;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        float* to = target;
        for (size_t output = 0; output < axis->first.size(); ++output) {
            const uint8_t* from = source + static_cast<size_t>(axis->first[output]) * channels;
            float sums[4] = {0, 0, 0, 0};
            for (size_t k = axis->begin[output]; k < axis->begin[output + 1]; ++k) {
                const float weight = axis->weight[k];
                for (int32_t channel = 0; channel < channels; ++channel) sums[channel] += static_cast<float>(*from++) * weight;
            }
            for (int32_t channel = 0; channel < channels; ++channel) *to++ = sums[channel];
        }
    }
};

struct AddRow {
    const float* row;
    float weight;
    bool is_first;
    float* sums;
    size_t count;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const float* __restrict from = row;
        float* __restrict to = sums;
        const float factor = weight;
        if (is_first) {
            for (size_t i = 0; i < count; ++i) to[i] = from[i] * factor;
        } else {
            for (size_t i = 0; i < count; ++i) to[i] += from[i] * factor;
        }
    }
};

struct RoundRow {
    const float* sums;
    uint8_t* target;
    size_t count;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const float* __restrict from = sums;
        uint8_t* __restrict to = target;
        for (size_t i = 0; i < count; ++i) to[i] = rounded_to_byte(from[i]);
    }
};

// One row of means of factor_x * factor_y pixels.
struct AverageRow {
    const PictureView* source;
    const uint8_t* first;
    int32_t factor_x;
    int32_t factor_y;
    uint8_t* target;
    size_t outputs;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const size_t channels = source->channels, stride = source->stride;
        const float share = 1.0f / static_cast<float>(static_cast<int64_t>(factor_x) * factor_y);
        // OpenCV rounds half up here, but not for two channels.
        const bool is_half = factor_x == 2 && factor_y == 2 && channels != 2;
        for (size_t output = 0; output < outputs; ++output) {
            for (size_t channel = 0; channel < channels; ++channel) {
                const uint8_t* from = first + output * factor_x * channels + channel;
                if (is_half) {
                    const int32_t sum = from[0] + from[channels] + from[stride] + from[stride + channels];
                    target[output * channels + channel] = static_cast<uint8_t>((sum + 2) >> 2);
                    continue;
                }
                int64_t sum = 0;
                for (int32_t y = 0; y < factor_y; ++y) {
                    for (int32_t x = 0; x < factor_x; ++x) sum += from[y * stride + x * channels];
                }
                target[output * channels + channel] = rounded_to_byte(static_cast<float>(sum) * share);
            }
        }
    }
};

}  // namespace

void resample_area(const PictureView& source, int32_t width, int32_t height, const Window& window, uint8_t* target,
                   SimdLevel level) {
    const AreaAxis columns = area_axis(source.width, width, window.left, window.width);
    const AreaAxis rows = area_axis(source.height, height, window.top, window.height);
    const size_t row_length = static_cast<size_t>(window.width) * source.channels;
    std::vector<float> row(row_length), sums(row_length);
    // The last row of an output is often the first of the next.
    int32_t held = -1;
    for (int32_t output = 0; output < window.height; ++output) {
        int32_t y = rows.first[output];
        for (size_t k = rows.begin[output]; k < rows.begin[output + 1]; ++k, ++y) {
            if (held != y) run(level, SumColumns{source.row(y), row.data(), &columns, source.channels});
            held = y;
            run(level, AddRow{row.data(), rows.weight[k], k == rows.begin[output], sums.data(), row_length});
        }
        run(level, RoundRow{sums.data(), target + output * row_length, row_length});
    }
}

void average_blocks(const PictureView& source, int32_t factor_x, int32_t factor_y, const Window& window, uint8_t* target,
                    SimdLevel level) {
    const size_t row_length = static_cast<size_t>(window.width) * source.channels;
    for (int32_t output = 0; output < window.height; ++output) {
        const uint8_t* first =
            source.row((window.top + output) * factor_y) + static_cast<size_t>(window.left) * factor_x * source.channels;
        run(level,
            AverageRow{&source, first, factor_x, factor_y, target + output * row_length, static_cast<size_t>(window.width)});
    }
}

}  // namespace enginery::kernels

#include "pillow_resample.h"

#include <cstring>
#include <vector>

#include "pillow_passes.h"
#include "row_reader.h"

namespace enginery::kernels {

namespace {

PillowPasses passes_for(SimdLevel level, const PillowWeights& x, const PillowWeights& y) {
#if ENGINERY_X86_SIMD
    if (level >= SimdLevel::avx2 && x.has_halves && y.has_halves) return pillow_passes_avx2();
#endif
    static_cast<void>(level);
    static_cast<void>(x);
    static_cast<void>(y);
    return pillow_passes_portable();
}

// Since version 13, Pillow begins with the pass along y where the height loses more than twice as many pixels as the
// width. Between the passes values are rounded to bytes and clipped, so the order shows.
bool begins_with_rows(const PictureView& source, const ResizePlan& plan) {
    const int64_t lost_rows = int64_t{source.height} - plan.height;
    return lost_rows > 0 && lost_rows > 2 * (int64_t{source.width} - plan.width);
}

// What the outputs read, along one axis.
struct Reach {
    int32_t begin;
    int32_t end;
};

Reach reach_of(const PillowWeights& weights) {
    return {weights.first.front(), weights.first.back() + weights.count.back()};
}

void shift(PillowWeights& weights, int32_t by) {
    for (int32_t& first : weights.first) first += by;
}

void resample_columns(const PictureView& source, Reach rows, uint8_t* target, const PillowWeights& x,
                      const PillowPasses& passes) {
    const size_t row_bytes = x.first.size() * source.channels;
    RowReader reader(source);
    for (int32_t row = rows.begin; row < rows.end; ++row, target += row_bytes) {
        passes.horizontal(reader.row(row), target, source.channels, x);
    }
}

// Of each row, `row_bytes` from `rows` on.
void resample_rows(const uint8_t* rows, size_t stride, size_t row_bytes, uint8_t* target, const PillowWeights& y,
                   const PillowPasses& passes) {
    for (size_t output = 0; output < y.first.size(); ++output, target += row_bytes) {
        passes.vertical(rows + static_cast<size_t>(y.first[output]) * stride, stride, target, row_bytes, y, output);
    }
}

PictureView picture_over(const std::vector<uint8_t>& pixels, int32_t width, int32_t height, int32_t channels) {
    const size_t stride = static_cast<size_t>(width) * channels;
    return {pixels.data(), width, height, channels, stride, pixels.data() + pixels.size()};
}

}  // namespace

void resample_as_pillow(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target,
                        SimdLevel level) {
    // Pillow keeps boxes in single precision.
    const float left = static_cast<float>(plan.box.left), right = static_cast<float>(plan.box.right);
    const float top = static_cast<float>(plan.box.top), bottom = static_cast<float>(plan.box.bottom);
    const bool along_x = plan.width != source.width || left != 0 || right != static_cast<float>(plan.width);
    const bool along_y = plan.height != source.height || top != 0 || bottom != static_cast<float>(plan.height);

    PillowWeights x = pillow_weights(plan.filter, source.width, left, right, plan.width, window.left, window.width);
    PillowWeights y = pillow_weights(plan.filter, source.height, top, bottom, plan.height, window.top, window.height);
    const PillowPasses passes = passes_for(level, x, y);
    const size_t channels = source.channels;
    const size_t row_bytes = window.width * channels;

    if (along_x && along_y && begins_with_rows(source, plan)) {
        const Reach columns = reach_of(x);
        const int32_t width = columns.end - columns.begin;
        std::vector<uint8_t> between(width * channels * window.height);
        resample_rows(source.pixels + columns.begin * channels, source.stride, width * channels, between.data(), y, passes);
        shift(x, -columns.begin);
        resample_columns(picture_over(between, width, window.height, source.channels), {0, window.height}, target, x, passes);
    } else if (along_x && along_y) {
        const Reach rows = reach_of(y);
        std::vector<uint8_t> between(row_bytes * (rows.end - rows.begin));
        resample_columns(source, rows, between.data(), x, passes);
        shift(y, -rows.begin);
        resample_rows(between.data(), row_bytes, row_bytes, target, y, passes);
    } else if (along_x) {
        resample_columns(source, {window.top, window.top + window.height}, target, x, passes);
    } else if (along_y) {
        resample_rows(source.pixels + window.left * channels, source.stride, row_bytes, target, y, passes);
    } else {
        for (int32_t row = 0; row < window.height; ++row) {
            std::memcpy(target + row * row_bytes, source.row(window.top + row) + window.left * channels, row_bytes);
        }
    }
}

}  // namespace enginery::kernels

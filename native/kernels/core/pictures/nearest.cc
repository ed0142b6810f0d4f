#include "nearest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "opencv_axis.h"

namespace enginery::kernels {

namespace {

using Positions = std::vector<int32_t>;

// Pillow adds the step up from output to output, which rounds otherwise than a multiplication would.
Positions pillow_positions(int32_t source_size, double begin, double end, int32_t output_size, int32_t from, int32_t outputs) {
    const float first = static_cast<float>(begin), last = static_cast<float>(end);
    const double step = static_cast<double>(last - first) / output_size;
    double at = first + step * 0.5;
    Positions positions;
    for (int32_t i = 0; i < from + outputs; ++i) {
        if (i >= from) positions.push_back(std::min(static_cast<int32_t>(at), source_size - 1));
        at += step;
    }
    return positions;
}

Positions opencv_positions(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs) {
    const double scale = OpenCvScale(source_size, output_size).scale;
    Positions positions;
    for (int32_t i = from; i < from + outputs; ++i) {
        positions.push_back(std::min(static_cast<int32_t>(std::floor(i * scale)), source_size - 1));
    }
    return positions;
}

template <int channels>
void pick(const PictureView& source, const Positions& columns, const Positions& rows, uint8_t* target) {
    const size_t row_length = columns.size() * channels;
    for (size_t y = 0; y < rows.size(); ++y, target += row_length) {
        if (y > 0 && rows[y] == rows[y - 1]) {
            std::memcpy(target, target - row_length, row_length);
            continue;
        }
        const uint8_t* row = source.row(rows[y]);
        uint8_t* to = target;
        for (const int32_t x : columns) {
            std::memcpy(to, row + static_cast<size_t>(x) * channels, channels);
            to += channels;
        }
    }
}

void pick_any(const PictureView& source, const Positions& columns, const Positions& rows, uint8_t* target) {
    switch (source.channels) {
        case 1: return pick<1>(source, columns, rows, target);
        case 2: return pick<2>(source, columns, rows, target);
        case 3: return pick<3>(source, columns, rows, target);
        default: return pick<4>(source, columns, rows, target);
    }
}

}  // namespace

void pick_as_pillow(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target) {
    const SourceBox& box = plan.box;
    pick_any(source, pillow_positions(source.width, box.left, box.right, plan.width, window.left, window.width),
             pillow_positions(source.height, box.top, box.bottom, plan.height, window.top, window.height), target);
}

void pick_as_opencv(const PictureView& source, int32_t width, int32_t height, const Window& window, uint8_t* target) {
    pick_any(source, opencv_positions(source.width, width, window.left, window.width),
             opencv_positions(source.height, height, window.top, window.height), target);
}

}  // namespace enginery::kernels

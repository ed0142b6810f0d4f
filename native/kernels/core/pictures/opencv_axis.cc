#include "opencv_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace enginery::kernels {

namespace {

int16_t fixed_point(float weight) {
    return static_cast<int16_t>(std::lrint(weight * (1 << kOpenCvWeightBits)));
}

struct Position {
    int32_t first;
    float fraction;
};

// Single precision where OpenCV has it.
Position position_of(int32_t output, const OpenCvScale& axis, LinearPlacement placement) {
    if (placement == LinearPlacement::centres) {
        const float at = static_cast<float>((output + 0.5) * axis.scale - 0.5);
        const int32_t first = static_cast<int32_t>(std::floor(at));
        return {first, at - static_cast<float>(first)};
    }
    const int32_t first = static_cast<int32_t>(std::floor(output * axis.scale));
    const float fraction = static_cast<float>((output + 1) - (first + 1) * axis.inverse);
    return {first, fraction <= 0 ? 0.0f : fraction - std::floor(fraction)};
}

void add(LinearAxis& axis, Position position) {
    axis.first.push_back(position.first);
    axis.weight.push_back(fixed_point(1.0f - position.fraction));
    axis.weight.push_back(fixed_point(position.fraction));
}

}  // namespace

OpenCvScale::OpenCvScale(int32_t source_size, int32_t output_size)
    : inverse(static_cast<double>(output_size) / source_size), scale(1.0 / inverse) {
    whole = static_cast<int32_t>(std::lrint(std::min(scale, static_cast<double>(std::numeric_limits<int32_t>::max()))));
    is_whole = std::fabs(scale - whole) < std::numeric_limits<double>::epsilon();
}

LinearAxis linear_rows(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs, LinearPlacement placement) {
    const OpenCvScale scale(source_size, output_size);
    LinearAxis axis;
    for (int32_t i = from; i < from + outputs; ++i) add(axis, position_of(i, scale, placement));
    return axis;
}

LinearAxis linear_columns(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs, LinearPlacement placement) {
    const OpenCvScale scale(source_size, output_size);
    LinearAxis axis;
    for (int32_t i = from; i < from + outputs; ++i) {
        Position position = position_of(i, scale, placement);
        if (position.first < 0) position = {0, 0};
        if (position.first >= source_size - 1) position = {source_size - 1, 0};
        add(axis, position);
    }
    return axis;
}

CubicAxis cubic_axis(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs) {
    constexpr float a = -0.75f;
    const OpenCvScale scale(source_size, output_size);
    CubicAxis axis;
    for (int32_t i = from; i < from + outputs; ++i) {
        const auto [second, x] = position_of(i, scale, LinearPlacement::centres);
        const float y = 1 - x;
        const float w0 = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
        const float w1 = ((a + 2) * x - (a + 3)) * x * x + 1;
        const float w2 = ((a + 2) * y - (a + 3)) * y * y + 1;
        axis.second.push_back(second);
        for (const float weight : {w0, w1, w2, 1.0f - w0 - w1 - w2}) axis.weight.push_back(fixed_point(weight));
    }
    return axis;
}

AreaAxis area_axis(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs) {
    const double scale = OpenCvScale(source_size, output_size).scale;
    // Slivers thinner than this have no weight.
    constexpr double thinnest = 1e-3;
    AreaAxis axis;
    for (int32_t i = from; i < from + outputs; ++i) {
        const double begin = i * scale, end = begin + scale;
        const double width = std::min(scale, source_size - begin);
        const int32_t last = std::min(static_cast<int32_t>(std::floor(end)), source_size - 1);
        const int32_t first = std::min(static_cast<int32_t>(std::ceil(begin)), last);
        const bool has_left_part = first - begin > thinnest;
        axis.begin.push_back(axis.weight.size());
        axis.first.push_back(has_left_part ? first - 1 : first);
        if (has_left_part) axis.weight.push_back(static_cast<float>((first - begin) / width));
        for (int32_t k = first; k < last; ++k) axis.weight.push_back(static_cast<float>(1.0 / width));
        if (end - last > thinnest) {
            axis.weight.push_back(static_cast<float>(std::min(std::min(end - last, 1.0), width) / width));
        }
    }
    axis.begin.push_back(axis.weight.size());
    return axis;
}

}  // namespace enginery::kernels

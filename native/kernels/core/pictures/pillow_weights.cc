#include "pillow_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace enginery::kernels {

namespace {

// The order of the operations is Pillow's in all of these: another would round differently.
double box_kernel(double x) {
    return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

double triangle_kernel(double x) {
    x = std::fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

double cubic_kernel(double x) {
    constexpr double a = -0.5;
    x = std::fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x *= 3.14159265358979323846;
    return std::sin(x) / x;
}

double lanczos_kernel(double x) {
    return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

struct Kernel {
    double (*at)(double);
    double support;
};

Kernel kernel_of(ResizeFilter filter) {
    switch (filter) {
        case ResizeFilter::pillow_box: return {box_kernel, 0.5};
        case ResizeFilter::pillow_bicubic: return {cubic_kernel, 2.0};
        case ResizeFilter::pillow_lanczos: return {lanczos_kernel, 3.0};
        default: return {triangle_kernel, 1.0};
    }
}

int32_t fixed_point(double weight) {
    const double scaled = weight * (1 << kPillowPrecision);
    const double rounded = scaled < 0 ? scaled - 0.5 : scaled + 0.5;
    constexpr double limit = std::numeric_limits<int32_t>::max();
    return static_cast<int32_t>(std::min(limit, std::max(-limit, rounded)));
}

void split(PillowWeights& weights) {
    const size_t total = weights.weight.size();
    weights.upper.resize(total);
    weights.lower.resize(total);
    for (size_t i = 0; i < total; ++i) {
        const int32_t upper = weights.weight[i] >> kPillowLowerBits;
        if (upper != static_cast<int16_t>(upper)) weights.has_halves = false;
        weights.upper[i] = static_cast<int16_t>(upper);
        weights.lower[i] = static_cast<int16_t>(weights.weight[i] & ((1 << kPillowLowerBits) - 1));
    }
}

}  // namespace

PillowWeights pillow_weights(ResizeFilter filter, int32_t source_size, float box_begin, float box_end, int32_t output_size,
                             int32_t from, int32_t outputs) {
    const Kernel kernel = kernel_of(filter);
    const double scale = static_cast<double>(box_end - box_begin) / output_size;
    // Shrinking widens the kernel until it covers what becomes one pixel; enlarging leaves it as it is.
    const double filter_scale = std::max(scale, 1.0);
    const double support = kernel.support * filter_scale;
    const double step = 1.0 / filter_scale;

    PillowWeights weights;
    const size_t most = std::min(static_cast<size_t>(std::ceil(support)) * 2 + 1, static_cast<size_t>(source_size));
    weights.taps = (most + 3) / 4 * 4;
    weights.first.resize(outputs);
    weights.count.resize(outputs);
    weights.weight.assign(weights.taps * outputs, 0);
    std::vector<double> exact(most);
    for (int32_t i = 0; i < outputs; ++i) {
        const double center = box_begin + (from + i + 0.5) * scale;
        const int32_t first = std::max(0, static_cast<int32_t>(center - support + 0.5));
        const int32_t last = std::min(source_size, static_cast<int32_t>(center + support + 0.5));
        const int32_t count = std::max(0, last - first);
        double sum = 0;
        for (int32_t k = 0; k < count; ++k) {
            exact[k] = kernel.at((k + first - center + 0.5) * step);
            sum += exact[k];
        }
        int32_t* weight = weights.weight.data() + i * weights.taps;
        for (int32_t k = 0; k < count; ++k) weight[k] = fixed_point(sum != 0 ? exact[k] / sum : exact[k]);
        weights.first[i] = first;
        weights.count[i] = count;
    }
    split(weights);
    return weights;
}

}  // namespace enginery::kernels

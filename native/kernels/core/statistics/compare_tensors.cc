#include "compare_tensors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../elements/scalar_conversion.h"

namespace enginery::kernels {

namespace {

// Independent sums, so that additions need not wait for each other.
constexpr size_t lanes = 8;

struct Sums {
    double max_abs_diff[lanes] = {};
    double max_abs[lanes] = {};
    double abs_diff[lanes] = {};
    double squared_diff[lanes] = {};
    double squared_reference[lanes] = {};
    double squared_candidate[lanes] = {};
    double product[lanes] = {};
    size_t finite[lanes] = {};

    ENGINERY_ALWAYS_INLINE void add(size_t lane, float reference, float candidate) {
        constexpr uint32_t exponent = 0x7f800000u;
        const bool finite_pair =
            (bits_from_float(reference) & exponent) != exponent && (bits_from_float(candidate) & exponent) != exponent;
        const double a = finite_pair ? static_cast<double>(reference) : 0.0;
        const double b = finite_pair ? static_cast<double>(candidate) : 0.0;
        const double difference = std::fabs(a - b);
        max_abs_diff[lane] = std::max(max_abs_diff[lane], difference);
        max_abs[lane] = std::max(max_abs[lane], std::fabs(a));
        abs_diff[lane] += difference;
        squared_diff[lane] += difference * difference;
        squared_reference[lane] += a * a;
        squared_candidate[lane] += b * b;
        product[lane] += a * b;
        finite[lane] += finite_pair ? 1u : 0u;
    }
};

template <typename Value>
Value sum_of(const Value (&values)[lanes]) {
    return ((values[0] + values[1]) + (values[2] + values[3])) + ((values[4] + values[5]) + (values[6] + values[7]));
}

double signal_to_noise_db(double signal, double noise) {
    if (noise == 0) return std::numeric_limits<double>::infinity();
    return 10 * std::log10(signal / noise);
}

double cosine_of(double product, double squared_a, double squared_b) {
    if (squared_a == 0 && squared_b == 0) return 1;
    if (squared_a == 0 || squared_b == 0) return 0;
    // Rounding can push the quotient of equal vectors past one.
    return std::clamp(product / (std::sqrt(squared_a) * std::sqrt(squared_b)), -1.0, 1.0);
}

}  // namespace

TensorComparison compare_tensors(const FloatView& reference, const FloatView& candidate) {
    const size_t count = reference.count;
    Sums sums;
    size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (size_t lane = 0; lane < lanes; ++lane) {
            const size_t at = i + lane;
            sums.add(lane, reference.data[at * reference.stride], candidate.data[at * candidate.stride]);
        }
    }
    for (; i < count; ++i) {
        sums.add(i % lanes, reference.data[i * reference.stride], candidate.data[i * candidate.stride]);
    }

    const size_t finite = sum_of(sums.finite);
    const double squared_reference = sum_of(sums.squared_reference);
    TensorComparison result;
    result.max_abs_diff = *std::max_element(sums.max_abs_diff, sums.max_abs_diff + lanes);
    result.max_abs = *std::max_element(sums.max_abs, sums.max_abs + lanes);
    result.mean_abs_diff = finite == 0 ? 0 : sum_of(sums.abs_diff) / static_cast<double>(finite);
    result.sqnr_db = signal_to_noise_db(squared_reference, sum_of(sums.squared_diff));
    result.cosine = cosine_of(sum_of(sums.product), squared_reference, sum_of(sums.squared_candidate));
    result.non_finite = count - finite;
    return result;
}

}  // namespace enginery::kernels

#include "../kernels/core/statistics/rounding_shift.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace enginery::kernels {

namespace {

struct Sketch {
    ProductLayout layout;
    size_t run;
    size_t scale_count;
};

// Element by element, with divisions for every index.
std::vector<double> shift_by_index(const std::vector<float>& weights, const std::vector<int8_t>& integers,
                                   const std::vector<float>& scales, const Sketch& sketch, const std::vector<double>& shares,
                                   const std::vector<double>& means) {
    const auto& [layout, run, scale_count] = sketch;
    std::vector<double> shift(layout.outputs());
    for (size_t at = 0; at < weights.size(); at++) {
        const size_t tap = at % layout.taps;
        const size_t second = at / layout.taps % layout.second;
        const size_t first = at / layout.taps / layout.second;
        const size_t along = first * layout.groups / layout.first * layout.second + second;
        const double error = integers[at] * static_cast<double>(scales[at / run % scale_count]) - weights[at];
        shift[layout.is_transposed ? along : first] += error * shares[tap] * means[layout.is_transposed ? first : along];
    }
    return shift;
}

}  // namespace

TEST(RoundingShift, IsTheErrorOfEachWeightTimesTheMeanOfItsInput) {
    const Sketch sketches[] = {
        {{6, 4, 9, 1, false}, 4 * 9, 6},  // a convolution, a scale for each output
        {{6, 2, 4, 3, false}, 2 * 4, 6},  // in groups
        {{6, 1, 9, 6, false}, 9, 6},      // depthwise
        {{4, 5, 4, 1, true}, 4, 5},       // transposed: scales along the second axis
        {{4, 3, 4, 2, true}, 4, 3},       // in groups: they are shared by these
        {{7, 5, 1, 1, true}, 1, 5},       // a matrix of inputs by outputs
        {{7, 5, 1, 1, false}, 5, 7},      // of outputs by inputs
        {{7, 5, 1, 1, false}, 7 * 5, 1},  // one scale
    };
    std::mt19937 random(5);
    std::normal_distribution<float> normal(0, 1);
    for (const Sketch& sketch : sketches) {
        const ProductLayout& layout = sketch.layout;
        std::vector<float> weights(layout.first * layout.second * layout.taps);
        std::vector<int8_t> integers(weights.size());
        for (size_t at = 0; at < weights.size(); at++) {
            weights[at] = normal(random);
            integers[at] = static_cast<int8_t>(weights[at] * 30);
        }
        std::vector<float> scales(sketch.scale_count);
        for (float& scale : scales) scale = 0.03f + 0.001f * normal(random);
        std::vector<double> shares(layout.taps);
        for (double& share : shares) share = 0.5 + 0.1 * normal(random);
        std::vector<double> means(layout.inputs());
        for (double& mean : means) mean = normal(random);
        std::vector<double> shift(layout.outputs(), 10);
        add_rounding_shift({weights.data(), integers.data(), weights.size(), scales.data(), scales.size(), sketch.run}, layout,
                           shares.data(), means.data(), shift.data());
        const auto expected = shift_by_index(weights, integers, scales, sketch, shares, means);
        for (size_t output = 0; output < shift.size(); output++) EXPECT_NEAR(shift[output], 10 + expected[output], 1e-5);
    }
}

}  // namespace enginery::kernels

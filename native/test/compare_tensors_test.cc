#include "../kernels/core/statistics/compare_tensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace enginery::kernels {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TensorComparison compare(const std::vector<float>& a, const std::vector<float>& b) {
    return compare_tensors({a.data(), a.size()}, {b.data(), b.size()});
}

TEST(CompareTensors, EqualTensorsHaveInfiniteSqnr) {
    const std::vector<float> values{1, -2, 3, 0.5f};
    const auto result = compare(values, values);
    EXPECT_EQ(result.max_abs_diff, 0);
    EXPECT_EQ(result.mean_abs_diff, 0);
    EXPECT_EQ(result.max_abs, 3);
    EXPECT_TRUE(std::isinf(result.sqnr_db));
    EXPECT_DOUBLE_EQ(result.cosine, 1);
    EXPECT_EQ(result.non_finite, 0u);
}

TEST(CompareTensors, ComputesEachFigure) {
    const auto result = compare({3, 4, 0}, {3, 2, -1});
    EXPECT_EQ(result.max_abs_diff, 2);
    EXPECT_EQ(result.max_abs, 4);
    EXPECT_DOUBLE_EQ(result.mean_abs_diff, 1);
    EXPECT_DOUBLE_EQ(result.sqnr_db, 10 * std::log10(25.0 / 5.0));
    EXPECT_DOUBLE_EQ(result.cosine, 17 / (5 * std::sqrt(14.0)));
}

// One wrong element anywhere, at every position of the unrolled loop and of its rest.
TEST(CompareTensors, SeesASingleDifferenceAtAnyPosition) {
    for (size_t count = 1; count <= 40; ++count) {
        for (size_t at = 0; at < count; ++at) {
            std::vector<float> a(count, 1.0f), b(count, 1.0f);
            b[at] = 1.25f;
            const auto result = compare(a, b);
            ASSERT_EQ(result.max_abs_diff, 0.25);
            ASSERT_DOUBLE_EQ(result.mean_abs_diff, 0.25 / static_cast<double>(count));
        }
    }
}

TEST(CompareTensors, CountsNonFinitePositionsAndLeavesThemOut) {
    const auto result = compare({1, nan, infinity, 2, -infinity, 5}, {1, 7, infinity, nan, 3, 4});
    EXPECT_EQ(result.non_finite, 4u);
    EXPECT_EQ(result.max_abs, 5);
    EXPECT_EQ(result.max_abs_diff, 1);
    EXPECT_DOUBLE_EQ(result.mean_abs_diff, 0.5);
}

TEST(CompareTensors, DoesNotOverflowOrLosePrecision) {
    const float largest = std::numeric_limits<float>::max();
    const auto huge = compare({largest, largest}, {-largest, largest});
    EXPECT_DOUBLE_EQ(huge.max_abs_diff, 2.0 * static_cast<double>(largest));
    EXPECT_DOUBLE_EQ(huge.cosine, 0);

    // In single precision the sum of ten million ones would stop at 2^24.
    const std::vector<float> ones(30000000, 1.0f), zeros(30000000, 0.0f);
    EXPECT_DOUBLE_EQ(compare(ones, zeros).mean_abs_diff, 1);
}

TEST(CompareTensors, HandlesEmptyAndZeroTensors) {
    const auto empty = compare({}, {});
    EXPECT_EQ(empty.max_abs_diff, 0);
    EXPECT_EQ(empty.mean_abs_diff, 0);
    EXPECT_EQ(empty.cosine, 1);
    EXPECT_EQ(compare({0, 0}, {0, 0}).cosine, 1);
    EXPECT_EQ(compare({0, 0}, {1, 0}).cosine, 0);
    EXPECT_EQ(compare({0, 0}, {1, 0}).sqnr_db, -std::numeric_limits<double>::infinity());
    EXPECT_EQ(compare({nan}, {nan}).mean_abs_diff, 0);
}

TEST(CompareTensors, FollowsStrides) {
    // Three interleaved channels against planar ones.
    const std::vector<float> interleaved{1, 10, 100, 2, 20, 200, 3, 30, 300};
    const std::vector<float> planar{1, 2, 3, 10, 20, 31, 100, 200, 300};
    const double expected[] = {0, 1, 0};
    for (size_t channel = 0; channel < 3; ++channel) {
        const auto result = compare_tensors({interleaved.data() + channel, 3, 3}, {planar.data() + 3 * channel, 3});
        EXPECT_EQ(result.max_abs_diff, expected[channel]);
        EXPECT_EQ(result.max_abs, 3 * std::pow(10, channel));
    }
}

}  // namespace
}  // namespace enginery::kernels

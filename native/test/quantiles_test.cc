#include "../kernels/core/statistics/quantiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace enginery::kernels {

namespace {

float quantile_of_sorted(const std::vector<float>& sorted, double fraction) {
    const double rank = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(rank);
    const double low = sorted[below];
    const double high = sorted[std::min(below + 1, sorted.size() - 1)];
    return static_cast<float>(low + (high - low) * (rank - static_cast<double>(below)));
}

}  // namespace

TEST(Quantiles, AreThoseOfTheSortedElements) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal(-0.3f, 2);
    for (const size_t length : {size_t{1}, size_t{2}, size_t{3}, size_t{1000}, size_t{4097}}) {
        std::vector<float> values(length);
        for (float& value : values) value = std::max(normal(random), -1.0f);
        auto sorted = values;
        std::sort(sorted.begin(), sorted.end());
        for (const auto& [lower, upper] : {std::pair{0.0, 1.0}, {0.001, 0.999}, {0.25, 0.5}, {0.5, 0.5}, {0.2, 0.20001}}) {
            const Quantiles found = find_quantiles(values.data(), length, lower, upper);
            EXPECT_EQ(found.low, quantile_of_sorted(sorted, lower)) << length << ", " << lower;
            EXPECT_EQ(found.high, quantile_of_sorted(sorted, upper)) << length << ", " << upper;
        }
    }
}

TEST(Quantiles, AreTheElementWhereAllAreEqual) {
    const std::vector<float> zeros(5000);
    const Quantiles found = find_quantiles(zeros.data(), zeros.size(), 0.0001, 0.9999);
    EXPECT_EQ(found.low, 0);
    EXPECT_EQ(found.high, 0);
}

}  // namespace enginery::kernels

#include "../kernels/core/statistics/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "simd_levels.h"

namespace enginery::kernels {

namespace {

using Memory = std::vector<double>;

Memory count(const std::vector<std::vector<float>>& parts, SimdLevel level = SimdLevel::portable) {
    Memory memory(Histogram::length);
    for (const auto& part : parts) EXPECT_TRUE(Histogram(memory.data()).add(part.data(), part.size(), level));
    return memory;
}

// As it is meant: every element in double precision.
Memory count_plainly(const std::vector<float>& values) {
    double largest = 0;
    for (const float value : values) largest = std::max(largest, std::fabs(static_cast<double>(value)));
    int exponent = -126;
    while (largest >= std::ldexp(Histogram::half, exponent)) ++exponent;
    Memory memory(Histogram::length);
    memory[0] = 1;
    memory[1] = exponent;
    for (const float value : values) {
        const double bin = std::floor(std::ldexp(static_cast<double>(value), -exponent));
        memory[Histogram::header + Histogram::half + static_cast<int>(bin)] += 1;
    }
    return memory;
}

std::vector<float> random_values(size_t length, unsigned seed, float deviation) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(length);
    for (float& value : values) value = std::max(normal(random), -deviation);
    return values;
}

}  // namespace

TEST(Histogram, CountsAsArithmeticInDoublePrecisionDoes) {
    for (const SimdLevel level : levels_here()) {
        for (const float deviation : {1e-30f, 3e-5f, 1.0f, 700.0f, 1e30f}) {
            for (const size_t length : {size_t{1}, size_t{7}, size_t{511}, size_t{513}, size_t{20001}}) {
                const auto values = random_values(length, 7, deviation);
                EXPECT_EQ(count({values}, level), count_plainly(values)) << deviation << ", " << length;
            }
        }
    }
}

TEST(Histogram, KnowsEdgesOfBins) {
    const float next = std::nextafter(2.0f, 0.0f);
    const std::vector<float> values{0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, next, -next, 1e-45f, -1e-45f, -1e-30f};
    const Memory expected = count_plainly(values);
    EXPECT_EQ(expected[1], 1 + 1 - 12);
    for (const SimdLevel level : levels_here()) EXPECT_EQ(count({values}, level), expected);
}

TEST(Histogram, HoldsTheLargestAndTheSmallestFloats) {
    const float largest = std::numeric_limits<float>::max();
    for (const SimdLevel level : levels_here()) {
        EXPECT_EQ(count({{largest, -largest, 0, -1e-45f}}, level), count_plainly({largest, -largest, 0, -1e-45f}));
        EXPECT_EQ(count({{1e-45f, 0, -1e-45f}}, level), count_plainly({1e-45f, 0, -1e-45f}));
        EXPECT_EQ(count({{0, 0}}, level), count_plainly({0, 0}));
    }
}

TEST(Histogram, IsTheSameInAnyOrder) {
    std::vector<std::vector<float>> parts;
    for (unsigned seed = 0; seed < 6; ++seed) parts.push_back(random_values(3000, seed, std::pow(30.0f, float(seed) - 3)));
    parts.push_back({0, 0});
    parts.push_back({-1e-42f});
    const Memory first = count(parts);
    std::vector<float> all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    EXPECT_EQ(first, count_plainly(all));
    std::mt19937 random(1);
    for (int round = 0; round < 20; ++round) {
        std::shuffle(parts.begin(), parts.end(), random);
        EXPECT_EQ(count(parts), first);
    }
}

TEST(Histogram, RefusesWhatIsNotFiniteAndCountsNothing) {
    for (const SimdLevel level : levels_here()) {
        for (const float broken : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
            for (const size_t place : {size_t{0}, size_t{40}, size_t{99}}) {
                std::vector<float> values(100, 1.0f);
                values[place] = broken;
                Memory memory(Histogram::length);
                EXPECT_FALSE(Histogram(memory.data()).add(values.data(), values.size(), level));
                EXPECT_EQ(memory, Memory(Histogram::length));
            }
        }
    }
}

TEST(Histogram, OfNothingIsEmpty) {
    Memory memory(Histogram::length);
    EXPECT_TRUE(Histogram(memory.data()).add(nullptr, 0, SimdLevel::portable));
    EXPECT_TRUE(Histogram(memory.data()).empty());
}

}  // namespace enginery::kernels

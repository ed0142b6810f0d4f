#include "../kernels/core/statistics/output_noise.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace enginery::kernels {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST(NoiseTotals, AreOfEachColumn) {
    // Two rows of three columns.
    const std::vector<float> reference{1, 10, 100, 2, 20, 200};
    const std::vector<float> candidate{1, 11, 100, 4, 20, 197};
    std::vector<double> memory(NoiseTotals::length(3));
    NoiseTotals totals(memory.data(), 3);
    totals.add(reference.data(), candidate.data(), reference.size(), 1);
    EXPECT_EQ(std::vector<double>(totals.counts(), totals.counts() + 3), (std::vector<double>{2, 2, 2}));
    EXPECT_EQ(std::vector<double>(totals.sums(), totals.sums() + 3), (std::vector<double>{3, 30, 300}));
    EXPECT_EQ(std::vector<double>(totals.squares(), totals.squares() + 3), (std::vector<double>{5, 500, 50000}));
    EXPECT_EQ(std::vector<double>(totals.noises(), totals.noises() + 3), (std::vector<double>{4, 1, 9}));
    EXPECT_EQ(totals.candidate_squares(), 1 + 121 + 10000 + 16 + 400 + 197 * 197);
    EXPECT_EQ(totals.products(), 1 + 110 + 10000 + 8 + 400 + 200 * 197);
    EXPECT_EQ(totals.not_finite(), 0);
}

TEST(NoiseTotals, AreTheSameOfColumnsThatLieOneBehindTheOther) {
    const std::vector<double> rows{1, 10, 100, 2, 20, 200};
    const std::vector<double> columns{1, 2, 10, 20, 100, 200};
    const std::vector<double> other_rows{1, 11, 100, 4, 20, 197};
    const std::vector<double> other_columns{1, 4, 11, 20, 100, 197};
    std::vector<double> one(NoiseTotals::length(3));
    std::vector<double> other(NoiseTotals::length(3));
    NoiseTotals(one.data(), 3).add(rows.data(), other_rows.data(), rows.size(), 1);
    NoiseTotals(other.data(), 3).add(columns.data(), other_columns.data(), columns.size(), 2);
    EXPECT_EQ(one, other);
}

TEST(NoiseTotals, LeaveOutWhatIsNotFinite) {
    const std::vector<float> reference{1, nan, 3, 4, infinity};
    const std::vector<float> candidate{1, 2, nan, -infinity, nan};
    std::vector<double> memory(NoiseTotals::length(1));
    NoiseTotals totals(memory.data(), 1);
    totals.add(reference.data(), candidate.data(), reference.size(), 1);
    EXPECT_EQ(totals.counts()[0], 1);
    EXPECT_EQ(totals.not_finite(), 1);  // three against two
    totals.add(candidate.data(), reference.data(), reference.size(), 1);
    EXPECT_EQ(totals.not_finite(), 1);  // fewer are no merit
    EXPECT_EQ(totals.counts()[0], 2);
    EXPECT_EQ(totals.noises()[0], 0);
}

}  // namespace enginery::kernels

#include "../kernels/core/statistics/row_maxima.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace enginery::kernels {

TEST(RowMaxima, AreTheFirstOfTheLargest) {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> table{9, 1, 3, 3, 9, nan, 2, -1, 9, nan, nan, nan};
    const std::vector<int32_t> columns{1, 2, 3};
    std::vector<double> maxima(3);
    std::vector<int32_t> found(3);
    find_row_maxima(table.data(), {3, 4, 1}, columns.data(), columns.size(), maxima.data(), found.data());
    EXPECT_EQ(maxima, (std::vector<double>{3, 2, -std::numeric_limits<double>::infinity()}));
    EXPECT_EQ(found, (std::vector<int32_t>{2, 2, -1}));
}

TEST(RowMaxima, DoNotHangOnHowTheTableLies) {
    constexpr size_t rows = 2500;
    constexpr size_t columns = 7;
    std::mt19937 random(8);
    std::vector<double> by_rows(rows * columns);
    std::vector<double> by_columns(rows * columns);
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
            // Few values, so that equal ones occur.
            by_rows[row * columns + column] = by_columns[column * rows + row] = static_cast<double>(random() % 9);
        }
    }
    const std::vector<int32_t> some{5, 0, 3, 6};
    std::vector<double> maxima(rows);
    std::vector<double> other_maxima(rows);
    std::vector<int32_t> found(rows);
    std::vector<int32_t> other_found(rows);
    find_row_maxima(by_rows.data(), {rows, columns, 1}, some.data(), some.size(), maxima.data(), found.data());
    find_row_maxima(by_columns.data(), {rows, 1, rows}, some.data(), some.size(), other_maxima.data(), other_found.data());
    EXPECT_EQ(maxima, other_maxima);
    EXPECT_EQ(found, other_found);
    for (size_t row = 0; row < rows; row++) {
        EXPECT_EQ(by_rows[row * columns + static_cast<size_t>(found[row])], maxima[row]);
    }
}

}  // namespace enginery::kernels

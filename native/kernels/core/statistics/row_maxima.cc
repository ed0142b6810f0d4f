#include "row_maxima.h"

#include <algorithm>
#include <limits>

namespace enginery::kernels {

namespace {

// Rows of which the largest so far stay in cache while columns that lie far apart are gone through.
constexpr size_t rows_at_once = 1024;

}  // namespace

template <typename Value>
void find_row_maxima(const Value* table, const TableLayout& layout, const int32_t* columns, size_t column_count, double* maxima,
                     int32_t* found) {
    std::fill_n(maxima, layout.rows, -std::numeric_limits<double>::infinity());
    std::fill_n(found, layout.rows, -1);
    const auto look = [&](size_t row, int32_t column) {
        const double value = table[row * layout.row_step + static_cast<size_t>(column) * layout.column_step];
        if (!(value > maxima[row])) return;
        maxima[row] = value;
        found[row] = column;
    };
    if (layout.row_step > layout.column_step) {
        for (size_t row = 0; row < layout.rows; row++) {
            for (size_t index = 0; index < column_count; index++) look(row, columns[index]);
        }
        return;
    }
    for (size_t start = 0; start < layout.rows; start += rows_at_once) {
        const size_t end = std::min(start + rows_at_once, layout.rows);
        for (size_t index = 0; index < column_count; index++) {
            for (size_t row = start; row < end; row++) look(row, columns[index]);
        }
    }
}

template void find_row_maxima(const float*, const TableLayout&, const int32_t*, size_t, double*, int32_t*);
template void find_row_maxima(const double*, const TableLayout&, const int32_t*, size_t, double*, int32_t*);

}  // namespace enginery::kernels

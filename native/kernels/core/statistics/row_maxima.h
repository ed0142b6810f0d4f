#pragma once

#include <cstddef>
#include <cstdint>

namespace enginery::kernels {

// A table in memory: the element of a row and column lies at `row * row_step + column * column_step`.
struct TableLayout {
    size_t rows;
    size_t row_step;
    size_t column_step;
};

// Writes the largest element of each row among some columns, and which of these it is: of equal ones the first. NaN is
// never large; where nothing else is there, the largest is -infinity and its column -1.
template <typename Value>
void find_row_maxima(const Value* table, const TableLayout& layout, const int32_t* columns, size_t column_count, double* maxima,
                     int32_t* found);

extern template void find_row_maxima(const float*, const TableLayout&, const int32_t*, size_t, double*, int32_t*);
extern template void find_row_maxima(const double*, const TableLayout&, const int32_t*, size_t, double*, int32_t*);

}  // namespace enginery::kernels

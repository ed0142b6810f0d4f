#pragma once

#include <cstddef>

namespace enginery::kernels {

struct Quantiles {
    float low = 0;
    float high = 0;
};

// The elements at two ranks, given as fractions of the way from the smallest to the largest; between two neighbours in
// proportion, as NumPy's `linear`. Exact: no histogram stands in for the elements. None may be NaN.
Quantiles find_quantiles(const float* values, size_t count, double lower, double upper);

}  // namespace enginery::kernels

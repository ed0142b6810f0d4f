#pragma once

#include <cstddef>
#include <cstdint>

namespace enginery::kernels {

// Weights of a sum of products as [first, second, taps], and the integers they were rounded to.
struct RoundedWeights {
    const float* weights;
    const int8_t* integers;
    size_t length;
    // Each belongs to so many elements that follow each other, in turn.
    const float* scales;
    size_t scale_count;
    size_t run;
};

struct ProductLayout {
    size_t first;
    size_t second;
    size_t taps;
    size_t groups;
    // The first axis is the inputs; else the outputs.
    bool is_transposed;

    size_t inputs() const { return is_transposed ? first : second * groups; }
    size_t outputs() const { return is_transposed ? second * groups : first; }
};

// Adds what rounding brings into each output in the mean: the error of every weight times the mean of its input. The order
// of the additions is fixed, and so is the result.
//
// `shares`, one for each tap: of the positions, those at which it lies inside the input.
void add_rounding_shift(const RoundedWeights& rounded, const ProductLayout& layout, const double* shares, const double* means,
                        double* shift);

}  // namespace enginery::kernels

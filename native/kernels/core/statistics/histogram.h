#pragma once

#include <cstddef>
#include <cstdint>

#include "../cpu/simd_level.h"

namespace enginery::kernels {

// Counts of elements in bins that begin at multiples of their width, which is a power of two. The width follows from
// the largest magnitude alone, and widening joins pairs of bins: so elements that come in any order, or in parts whose
// histograms are added, are counted alike.
//
// The memory is the caller's: `histogram_length` doubles, of zeros in the beginning.
class Histogram {
public:
    // Bins below zero, and as many from zero on.
    static constexpr int half = 4096;
    static constexpr size_t bins = 2 * half;
    // Before the bins: whether there are elements (0 or 1), and the exponent of the width.
    static constexpr size_t header = 2;
    static constexpr size_t length = header + bins;

    explicit Histogram(double* memory) : memory_(memory) {}

    // False, and nothing is counted, where an element is infinite or NaN.
    bool add(const float* values, size_t count, SimdLevel level);

    bool empty() const { return memory_[0] == 0; }
    int exponent() const { return static_cast<int>(memory_[1]); }
    // Bin `half` begins at zero.
    double* counts() const { return memory_ + header; }

    // The exponent of the width that elements of up to a magnitude, given by its bits, are counted with.
    static int exponent_for(uint32_t magnitude_bits);

private:
    void widen(int exponent);

    double* memory_;
};

// The largest magnitude, as the bits of a float; those of infinity and NaN are larger than any other.
uint32_t largest_magnitude(const float* values, size_t count, SimdLevel level);

}  // namespace enginery::kernels

#pragma once

#include <cstddef>

namespace enginery::kernels {

// What is summed over the elements of two outputs, in double precision and in a fixed order. The memory is the caller's:
// `header + 4 * columns` doubles, of zeros in the beginning.
class NoiseTotals {
public:
    static constexpr size_t header = 3;
    static constexpr size_t length(size_t columns) { return header + 4 * columns; }

    NoiseTotals(double* memory, size_t columns) : memory_(memory), columns_(columns) {}

    // Adds `count` elements, which belong to the columns in turn, `run` that follow each other to each. Where one of a pair
    // is infinite or NaN, the pair is left out.
    template <typename Value>
    void add(const Value* reference, const Value* candidate, size_t count, size_t run);

    double& candidate_squares() { return memory_[0]; }
    double& products() { return memory_[1]; }
    // Of all calls: how many more elements of the candidate than of the reference are infinite or NaN.
    double& not_finite() { return memory_[2]; }
    // One of each column.
    double* counts() { return memory_ + header; }
    double* sums() { return counts() + columns_; }
    double* squares() { return sums() + columns_; }
    double* noises() { return squares() + columns_; }

private:
    double* memory_;
    size_t columns_;
};

extern template void NoiseTotals::add(const float*, const float*, size_t, size_t);
extern template void NoiseTotals::add(const double*, const double*, size_t, size_t);

}  // namespace enginery::kernels

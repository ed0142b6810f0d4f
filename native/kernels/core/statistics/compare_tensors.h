#pragma once

#include <cstddef>

namespace enginery::kernels {

// Every `stride`-th float from `data` on: a whole tensor with stride 1, a channel of an interleaved one otherwise.
struct FloatView {
    const float* data;
    size_t count;
    size_t stride = 1;
};

// Sums are in double precision over the positions where both are finite.
struct TensorComparison {
    double max_abs_diff = 0;
    double max_abs = 0;  // of the reference
    double mean_abs_diff = 0;
    double sqnr_db = 0;  // 10 log10(sum reference^2 / sum difference^2), infinite where nothing differs
    double cosine = 0;   // 1 for two zero vectors, 0 where only one is zero
    size_t non_finite = 0;
};

// Both views have the same count. The result is the same on every machine: the order of the additions is fixed.
TensorComparison compare_tensors(const FloatView& reference, const FloatView& candidate);

}  // namespace enginery::kernels

#pragma once

#include <cstdint>
#include <vector>

#include "resize_picture.h"

namespace enginery::kernels {

// Fraction bits of Pillow's integer weights: a sum of products with bytes leaves two bits of headroom in 32.
constexpr int kPillowPrecision = 32 - 8 - 2;
// Weights are kept in two halves for 16-bit multiplications: weight = upper * 2^11 + lower, with 0 <= lower < 2^11.
constexpr int kPillowLowerBits = 11;

// What the outputs of one axis are made of.
struct PillowWeights {
    // Source positions of output i: first[i] .. first[i] + count[i] - 1.
    std::vector<int32_t> first;
    std::vector<int32_t> count;
    // Output i's weights begin at i * taps and are followed by zeros; `taps` is a multiple of 4.
    size_t taps = 0;
    std::vector<int32_t> weight;
    std::vector<int16_t> upper;
    std::vector<int16_t> lower;
    // Whether all weights fit into the two halves. They do but for boxes much smaller than a pixel.
    bool has_halves = true;
};

// For the outputs `from` .. `from + outputs - 1` of `output_size`, which map to box_begin .. box_end of the source.
PillowWeights pillow_weights(ResizeFilter filter, int32_t source_size, float box_begin, float box_end, int32_t output_size,
                             int32_t from, int32_t outputs);

}  // namespace enginery::kernels

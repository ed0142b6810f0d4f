#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace enginery::kernels {

// How OpenCV's resize maps one axis. `inverse` (result / source) comes first, as there: 1 / inverse is not always exact.
struct OpenCvScale {
    OpenCvScale(int32_t source_size, int32_t output_size);

    double inverse;
    double scale;
    // Nearest whole number, and whether the scale is one: then pixels are averaged in whole blocks.
    int32_t whole;
    bool is_whole;
};

// Fraction bits of the weights of its 8-bit linear and cubic filters.
constexpr int kOpenCvWeightBits = 11;

// What linear interpolation needs of one axis: output i is made of positions first[i] and first[i] + 1.
struct LinearAxis {
    // May lie outside of the source, see `linear_rows` and `linear_columns`.
    std::vector<int32_t> first;
    // Pairs: 2 i for first[i], 2 i + 1 for the next.
    std::vector<int16_t> weight;
};

// Where linear weights come from: distances between centres, or what OpenCV's area filter does when it cannot average.
enum class LinearPlacement { centres, areas };

// first[i] is -1 .. size - 1: the caller repeats the rows at the edges.
LinearAxis linear_rows(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs, LinearPlacement placement);

// first[i] is 0 .. size - 1, and the weight of a neighbour beyond the edge is 0.
LinearAxis linear_columns(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs, LinearPlacement placement);

// Output i is made of positions second[i] - 1 .. second[i] + 2; those outside of the source repeat its edge.
struct CubicAxis {
    std::vector<int32_t> second;
    // Four for each output.
    std::vector<int16_t> weight;
};

CubicAxis cubic_axis(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs);

// Weighted means: output i is made of the positions from first[i] on, as many as it has weights.
struct AreaAxis {
    std::vector<int32_t> first;
    // Weights of output i: weight[begin[i]] .. weight[begin[i + 1] - 1].
    std::vector<size_t> begin;
    std::vector<float> weight;
};

AreaAxis area_axis(int32_t source_size, int32_t output_size, int32_t from, int32_t outputs);

}  // namespace enginery::kernels

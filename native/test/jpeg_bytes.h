#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace enginery::kernels {

// What a made JPEG file is like.
struct JpegKind {
    int32_t width;
    int32_t height;
    int32_t components;  // 1 or 3
    int32_t horizontal;  // sampling of the first
    int32_t vertical;
    int32_t restart_interval;
    int32_t largest;  // coefficient
};

// A sound baseline file of random coefficients.
std::vector<uint8_t> make_jpeg(const JpegKind& kind, std::mt19937& random);

}  // namespace enginery::kernels

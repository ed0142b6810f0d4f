#pragma once

#include <vector>

#include "../kernels/core/cpu/simd_level.h"

namespace enginery::kernels {

// Those that this machine has, the portable one first.
inline std::vector<SimdLevel> levels_here() {
    std::vector<SimdLevel> levels{SimdLevel::portable};
    if (best_simd_level() >= SimdLevel::avx2) levels.push_back(SimdLevel::avx2);
    if (best_simd_level() >= SimdLevel::avx512) levels.push_back(SimdLevel::avx512);
    return levels;
}

}  // namespace enginery::kernels

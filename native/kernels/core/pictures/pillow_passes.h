#pragma once

#include "picture.h"
#include "pillow_weights.h"

namespace enginery::kernels {

// One output row from one source row, beyond which kRowOverread bytes can be read.
using PillowHorizontal = void (*)(const uint8_t* source, uint8_t* target, int32_t channels, const PillowWeights& weights);

// One output row, the `output`-th, from rows `stride` apart; `source` is the first one that it is made of.
using PillowVertical = void (*)(const uint8_t* source, size_t stride, uint8_t* target, size_t row_bytes,
                                const PillowWeights& weights, size_t output);

struct PillowPasses {
    PillowHorizontal horizontal;
    PillowVertical vertical;
};

PillowPasses pillow_passes_portable();
#if ENGINERY_X86_SIMD
PillowPasses pillow_passes_avx2();
#endif

}  // namespace enginery::kernels

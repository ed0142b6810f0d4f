#pragma once

#include "simd_level.h"

namespace enginery::kernels {

// A loop in plain C++, inlined into a function for each instruction set, where the compiler turns it into vector code.
// Its call operator must be ENGINERY_ALWAYS_INLINE.
template <typename Loop>
void run_portable(const Loop& loop) {
    loop();
}

#if ENGINERY_X86_SIMD
template <typename Loop>
ENGINERY_TARGET("avx2")
void run_avx2(const Loop& loop) {
    loop();
}

template <typename Loop>
ENGINERY_TARGET("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
void run_avx512(const Loop& loop) {
    loop();
}
#endif

template <typename Loop>
void run(SimdLevel level, const Loop& loop) {
#if ENGINERY_X86_SIMD
    if (level == SimdLevel::avx512) return run_avx512(loop);
    if (level == SimdLevel::avx2) return run_avx2(loop);
#endif
    static_cast<void>(level);
    run_portable(loop);
}

}  // namespace enginery::kernels

#include "simd_level.h"

#include "cpu_features.h"

namespace enginery::kernels {

SimdLevel best_simd_level() noexcept {
#if ENGINERY_X86_SIMD
    const CpuFeatures& cpu = cpu_features();
    if (!cpu.avx2 || !cpu.f16c) return SimdLevel::portable;
    if (cpu.avx512f && cpu.avx512bw && cpu.avx512dq && cpu.avx512vl) return SimdLevel::avx512;
    return SimdLevel::avx2;
#else
    return SimdLevel::portable;
#endif
}

}  // namespace enginery::kernels

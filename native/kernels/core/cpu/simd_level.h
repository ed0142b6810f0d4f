#pragma once

// Code for a newer instruction set is compiled function by function with this attribute, never with a flag for a whole
// file: inline functions of the standard library compiled with such a flag could be the ones the linker keeps, and
// crash the addon on older processors.
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define ENGINERY_X86_SIMD 1
#define ENGINERY_TARGET(features) __attribute__((target(features)))
#else
#define ENGINERY_X86_SIMD 0
#endif

namespace enginery::kernels {

// Each level includes those before it.
enum class SimdLevel {
    portable,
    avx2,    // with F16C
    avx512,  // F, BW, DQ, VL
};

// The best level of this machine.
SimdLevel best_simd_level() noexcept;

}  // namespace enginery::kernels

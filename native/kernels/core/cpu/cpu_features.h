#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace enginery::kernels {

// A flag is true where the processor has the instructions and the operating system keeps their registers.
struct CpuFeatures {
    std::string vendor;
    std::string brand;
    bool sse42 = false;
    bool avx = false;
    bool avx2 = false;
    bool fma = false;
    bool f16c = false;
    bool avx512f = false;
    bool avx512bw = false;
    bool avx512dq = false;
    bool avx512vl = false;
    bool avx512_vnni = false;
    bool avx_vnni = false;
    bool avx512_bf16 = false;
    bool avx512_fp16 = false;
    bool amx_tile = false;
    bool amx_int8 = false;
    bool amx_bf16 = false;
};

struct CpuidRegisters {
    uint32_t eax = 0;
    uint32_t ebx = 0;
    uint32_t ecx = 0;
    uint32_t edx = 0;
};

// Where the answers of the CPUID and XGETBV instructions come from; tests put tables of other processors here.
struct CpuidSource {
    std::function<CpuidRegisters(uint32_t leaf, uint32_t subleaf)> cpuid;
    // Extended control register 0: which register files the operating system saves. Called only where OSXSAVE is set.
    std::function<uint64_t()> xcr0;
};

CpuFeatures decode_cpu_features(const CpuidSource& source);

// This machine's, decoded once. On anything but x86-64: no names, all flags false.
const CpuFeatures& cpu_features();

}  // namespace enginery::kernels

#include "cpu_features.h"

#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define ENGINERY_HAS_CPUID 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace enginery::kernels {

namespace {

constexpr bool has_bit(uint32_t value, unsigned index) {
    return ((value >> index) & 1u) != 0;
}

constexpr bool has_all(uint64_t value, uint64_t mask) {
    return (value & mask) == mask;
}

// XCR0 bits, Intel SDM volume 1, 13.3.
constexpr uint64_t avx_state = (1u << 1) | (1u << 2);
constexpr uint64_t avx512_state = avx_state | (1u << 5) | (1u << 6) | (1u << 7);
constexpr uint64_t amx_state = (1u << 17) | (1u << 18);

void append_register(std::string& text, uint32_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text.append(bytes, sizeof bytes);
}

// Brand strings are padded with blanks in front and NULs behind.
std::string trimmed(const std::string& text) {
    const std::string padding(" \0", 2);
    const size_t first = text.find_first_not_of(padding);
    if (first == std::string::npos) return {};
    const std::string rest = text.substr(first, text.find('\0', first) - first);
    return rest.substr(0, rest.find_last_not_of(padding) + 1);
}

std::string brand_string(const CpuidSource& source) {
    if (source.cpuid(0x80000000u, 0).eax < 0x80000004u) return {};
    std::string brand;
    for (uint32_t leaf = 0x80000002u; leaf <= 0x80000004u; ++leaf) {
        const CpuidRegisters part = source.cpuid(leaf, 0);
        for (uint32_t value : {part.eax, part.ebx, part.ecx, part.edx}) append_register(brand, value);
    }
    return trimmed(brand);
}

#ifdef ENGINERY_HAS_CPUID
CpuidRegisters read_cpuid(uint32_t leaf, uint32_t subleaf) {
#if defined(_MSC_VER)
    int values[4];
    __cpuidex(values, static_cast<int>(leaf), static_cast<int>(subleaf));
    return {static_cast<uint32_t>(values[0]), static_cast<uint32_t>(values[1]), static_cast<uint32_t>(values[2]),
            static_cast<uint32_t>(values[3])};
#else
    CpuidRegisters registers;
    __cpuid_count(leaf, subleaf, registers.eax, registers.ebx, registers.ecx, registers.edx);
    return registers;
#endif
}

uint64_t read_xcr0() {
#if defined(_MSC_VER)
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (static_cast<uint64_t>(high) << 32) | low;
#endif
}
#endif

}  // namespace

CpuFeatures decode_cpu_features(const CpuidSource& source) {
    CpuFeatures features;
    const CpuidRegisters basic = source.cpuid(0, 0);
    for (uint32_t value : {basic.ebx, basic.edx, basic.ecx}) append_register(features.vendor, value);
    features.vendor = trimmed(features.vendor);
    features.brand = brand_string(source);
    if (basic.eax < 1) return features;

    const CpuidRegisters leaf1 = source.cpuid(1, 0);
    features.sse42 = has_bit(leaf1.ecx, 20);
    const uint64_t saved = has_bit(leaf1.ecx, 27) ? source.xcr0() : 0;
    const bool avx_saved = has_all(saved, avx_state);
    features.avx = avx_saved && has_bit(leaf1.ecx, 28);
    features.fma = features.avx && has_bit(leaf1.ecx, 12);
    features.f16c = features.avx && has_bit(leaf1.ecx, 29);
    // A leaf beyond the last one repeats the last one's answer: it must not be read.
    if (basic.eax < 7) return features;

    const CpuidRegisters leaf7 = source.cpuid(7, 0);
    const CpuidRegisters leaf7_1 = leaf7.eax >= 1 ? source.cpuid(7, 1) : CpuidRegisters{};
    features.avx2 = features.avx && has_bit(leaf7.ebx, 5);
    features.avx_vnni = features.avx2 && has_bit(leaf7_1.eax, 4);

    features.avx512f = features.avx && has_all(saved, avx512_state) && has_bit(leaf7.ebx, 16);
    features.avx512dq = features.avx512f && has_bit(leaf7.ebx, 17);
    features.avx512bw = features.avx512f && has_bit(leaf7.ebx, 30);
    features.avx512vl = features.avx512f && has_bit(leaf7.ebx, 31);
    features.avx512_vnni = features.avx512f && has_bit(leaf7.ecx, 11);
    features.avx512_bf16 = features.avx512f && has_bit(leaf7_1.eax, 5);
    features.avx512_fp16 = features.avx512f && has_bit(leaf7.edx, 23);

    features.amx_tile = has_all(saved, amx_state) && has_bit(leaf7.edx, 24);
    features.amx_int8 = features.amx_tile && has_bit(leaf7.edx, 25);
    features.amx_bf16 = features.amx_tile && has_bit(leaf7.edx, 22);
    return features;
}

const CpuFeatures& cpu_features() {
#ifdef ENGINERY_HAS_CPUID
    static const CpuFeatures features = decode_cpu_features({read_cpuid, read_xcr0});
#else
    static const CpuFeatures features;
#endif
    return features;
}

}  // namespace enginery::kernels

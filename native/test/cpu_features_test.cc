#include "../kernels/core/cpu/cpu_features.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <utility>

namespace enginery::kernels {
namespace {

using Leaf = std::pair<uint32_t, uint32_t>;

constexpr uint64_t os_avx = 0x7;
constexpr uint64_t os_avx512 = 0xe7;
constexpr uint64_t os_amx = 0x600e7;

constexpr uint32_t bit(unsigned index) {
    return 1u << index;
}

uint32_t four_letters(const char* text) {
    uint32_t value;
    std::memcpy(&value, text, sizeof value);
    return value;
}

// Everything that this code reads, switched on.
std::map<Leaf, CpuidRegisters> processor_with_everything() {
    return {
        {{0, 0}, {7, four_letters("Genu"), four_letters("ntel"), four_letters("ineI")}},
        {{1, 0}, {0, 0, bit(20) | bit(12) | bit(27) | bit(28) | bit(29), 0}},
        {{7, 0}, {1, bit(5) | bit(16) | bit(17) | bit(30) | bit(31), bit(11), bit(22) | bit(23) | bit(24) | bit(25)}},
        {{7, 1}, {bit(4) | bit(5), 0, 0, 0}},
    };
}

CpuFeatures decode(const std::map<Leaf, CpuidRegisters>& leaves, uint64_t xcr0) {
    return decode_cpu_features({[&](uint32_t leaf, uint32_t subleaf) {
                                    const auto found = leaves.find({leaf, subleaf});
                                    return found == leaves.end() ? CpuidRegisters{} : found->second;
                                },
                                [xcr0] { return xcr0; }});
}

TEST(CpuFeatures, ReportsWhatProcessorAndSystemOffer) {
    const auto cpu = decode(processor_with_everything(), os_amx);
    EXPECT_EQ(cpu.vendor, "GenuineIntel");
    EXPECT_EQ(cpu.brand, "");
    EXPECT_TRUE(cpu.sse42 && cpu.avx && cpu.avx2 && cpu.fma && cpu.f16c);
    EXPECT_TRUE(cpu.avx512f && cpu.avx512bw && cpu.avx512dq && cpu.avx512vl);
    EXPECT_TRUE(cpu.avx512_vnni && cpu.avx_vnni && cpu.avx512_bf16 && cpu.avx512_fp16);
    EXPECT_TRUE(cpu.amx_tile && cpu.amx_int8 && cpu.amx_bf16);
}

TEST(CpuFeatures, NeedsTheSystemToSaveTheRegisters) {
    const auto without_amx = decode(processor_with_everything(), os_avx512);
    EXPECT_TRUE(without_amx.avx512f && without_amx.avx512_vnni);
    EXPECT_FALSE(without_amx.amx_tile || without_amx.amx_int8 || without_amx.amx_bf16);

    const auto without_avx512 = decode(processor_with_everything(), os_avx);
    EXPECT_TRUE(without_avx512.avx2 && without_avx512.avx_vnni && without_avx512.f16c);
    EXPECT_FALSE(without_avx512.avx512f || without_avx512.avx512bw || without_avx512.avx512_vnni);
    EXPECT_FALSE(without_avx512.avx512_bf16 || without_avx512.avx512_fp16);

    const auto without_avx = decode(processor_with_everything(), 0x3);
    EXPECT_TRUE(without_avx.sse42);
    EXPECT_FALSE(without_avx.avx || without_avx.avx2 || without_avx.fma || without_avx.f16c || without_avx.avx_vnni);
}

TEST(CpuFeatures, DoesNotAskForRegistersWithoutOsxsave) {
    auto leaves = processor_with_everything();
    leaves[{1, 0}].ecx &= ~bit(27);
    const auto cpu = decode_cpu_features({[&](uint32_t leaf, uint32_t subleaf) { return leaves[{leaf, subleaf}]; },
                                          []() -> uint64_t {
                                              ADD_FAILURE() << "xgetbv would be an illegal instruction here";
                                              return os_amx;
                                          }});
    EXPECT_TRUE(cpu.sse42);
    EXPECT_FALSE(cpu.avx);
}

TEST(CpuFeatures, DoesNotReadLeavesBeyondTheLast) {
    auto leaves = processor_with_everything();
    leaves[{0, 0}].eax = 6;
    EXPECT_FALSE(decode(leaves, os_amx).avx2);
    EXPECT_TRUE(decode(leaves, os_amx).avx);

    leaves = processor_with_everything();
    leaves[{7, 0}].eax = 0;
    EXPECT_TRUE(decode(leaves, os_amx).avx512_vnni);
    EXPECT_FALSE(decode(leaves, os_amx).avx_vnni || decode(leaves, os_amx).avx512_bf16);
}

TEST(CpuFeatures, TrimsTheBrand) {
    auto leaves = processor_with_everything();
    leaves[{0x80000000u, 0}] = {0x80000004u, 0, 0, 0};
    leaves[{0x80000002u, 0}] = {four_letters("   S"), four_letters("ome "), four_letters("CPU "), four_letters("@ 2G")};
    leaves[{0x80000003u, 0}] = {four_letters("Hz  "), 0, 0, 0};
    leaves[{0x80000004u, 0}] = {0, 0, 0, 0};
    EXPECT_EQ(decode(leaves, os_amx).brand, "Some CPU @ 2GHz");
}

#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
TEST(CpuFeatures, AgreesWithTheCompilerAboutThisMachine) {
    __builtin_cpu_init();
    const CpuFeatures& cpu = cpu_features();
    EXPECT_EQ(cpu.sse42, __builtin_cpu_supports("sse4.2") != 0);
    EXPECT_EQ(cpu.avx, __builtin_cpu_supports("avx") != 0);
    EXPECT_EQ(cpu.avx2, __builtin_cpu_supports("avx2") != 0);
    EXPECT_EQ(cpu.fma, __builtin_cpu_supports("fma") != 0);
    EXPECT_EQ(cpu.avx512f, __builtin_cpu_supports("avx512f") != 0);
    EXPECT_EQ(cpu.avx512bw, __builtin_cpu_supports("avx512bw") != 0);
    EXPECT_EQ(cpu.avx512dq, __builtin_cpu_supports("avx512dq") != 0);
    EXPECT_EQ(cpu.avx512vl, __builtin_cpu_supports("avx512vl") != 0);
    EXPECT_EQ(cpu.avx512_vnni, __builtin_cpu_supports("avx512vnni") != 0);
    EXPECT_FALSE(cpu.vendor.empty());
}
#endif

}  // namespace
}  // namespace enginery::kernels

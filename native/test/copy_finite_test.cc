#include "../tensorrt/staging/copy_finite.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace enginery::tensorrt {
namespace {

template <typename Element>
size_t copy(std::vector<Element>& to, const std::vector<Element>& from, FloatKind kind) {
    to.assign(from.size(), Element{});
    return copy_finite(to.data(), from.data(), from.size() * sizeof(Element), kind);
}

TEST(CopyFinite, CopiesEveryByte) {
    for (const size_t count : {0, 1, 7, 2047, 2048, 2049, 100'000}) {
        std::vector<float> from(count);
        for (size_t i = 0; i < count; i++) from[i] = static_cast<float>(i) - 500.5f;
        std::vector<float> to;
        EXPECT_EQ(copy(to, from, FloatKind::f32), kAllFinite);
        EXPECT_EQ(to, from);
    }
}

TEST(CopyFinite, FindsTheFirstInfinityOrNan) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float odd : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
        for (const size_t position : {0, 1, 2047, 2048, 9999}) {
            std::vector<float> from(10'000, 3.0e38f);
            from[position] = odd;
            from.back() = odd;
            std::vector<float> to;
            EXPECT_EQ(copy(to, from, FloatKind::f32), position);
        }
    }
}

TEST(CopyFinite, KnowsHalfPrecision) {
    // The largest finite value, the smallest, and zero with a sign; then infinity and a NaN.
    for (const auto& [kind, largest, infinity] : {std::tuple{FloatKind::f16, uint16_t{0x7bff}, uint16_t{0x7c00}},
                                                  std::tuple{FloatKind::bf16, uint16_t{0x7f7f}, uint16_t{0x7f80}}}) {
        std::vector<uint16_t> to;
        EXPECT_EQ(copy(to, {largest, uint16_t{1}, uint16_t{0x8000}}, kind), kAllFinite);
        EXPECT_EQ(copy(to, {uint16_t{0}, infinity}, kind), 1u);
        EXPECT_EQ(copy(to, {uint16_t{0}, uint16_t{0}, static_cast<uint16_t>(infinity | 0x8001)}, kind), 2u);
    }
}

TEST(CopyFinite, TakesAnyBitsOfOtherTypes) {
    std::vector<uint32_t> to;
    EXPECT_EQ(copy(to, {0x7f800000u, 0xffffffffu}, FloatKind::none), kAllFinite);
    EXPECT_EQ(to, (std::vector<uint32_t>{0x7f800000u, 0xffffffffu}));
}

TEST(CopyFinite, ReadsFromAnyAddress) {
    const std::vector<float> values{1, 2, std::numeric_limits<float>::infinity(), 4};
    std::vector<char> bytes(sizeof(float) * values.size() + 1);
    std::memcpy(bytes.data() + 1, values.data(), sizeof(float) * values.size());
    std::vector<float> to(values.size());
    EXPECT_EQ(copy_finite(to.data(), bytes.data() + 1, sizeof(float) * values.size(), FloatKind::f32), 2u);
}

}  // namespace
}  // namespace enginery::tensorrt

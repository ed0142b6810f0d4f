#include "../kernels/core/elements/convert_elements.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "../kernels/core/elements/scalar_conversion.h"
#include "simd_levels.h"

namespace enginery::kernels {
namespace {

std::string level_name(const testing::TestParamInfo<SimdLevel>& info) {
    switch (info.param) {
        case SimdLevel::portable: return "portable";
        case SimdLevel::avx2: return "avx2";
        case SimdLevel::avx512: return "avx512";
    }
    return "unknown";
}

// Written from the definition of the format, with none of the code under test.
double half_value(uint16_t half) {
    const int exponent = (half >> 10) & 31;
    const int mantissa = half & 1023;
    const double sign = (half & 0x8000) != 0 ? -1 : 1;
    if (exponent == 31) {
        return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
    }
    if (exponent == 0) return sign * std::ldexp(mantissa, -24);
    return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

// The nearest half by search over the neighbours, ties to the even bit pattern.
uint16_t nearest_half(double value) {
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const double magnitude = std::fabs(value);
    uint16_t low = 0, high = 0x7bff;
    if (magnitude >= 65520) return sign | 0x7c00;
    while (low < high) {
        const uint16_t middle = static_cast<uint16_t>((low + high + 1) / 2);
        if (half_value(middle) <= magnitude) low = middle;
        else high = static_cast<uint16_t>(middle - 1);
    }
    const double below = magnitude - half_value(low);
    const double above = (low == 0x7bff ? 65536.0 : half_value(static_cast<uint16_t>(low + 1))) - magnitude;
    const bool up = above < below || (above == below && (low & 1) != 0);
    return static_cast<uint16_t>(sign | (low + (up ? 1 : 0)));
}

std::vector<uint16_t> all_16_bit_patterns() {
    std::vector<uint16_t> patterns(65536);
    for (size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<uint16_t>(i);
    return patterns;
}

// Every half, its neighbours in float32, the points halfway between halves and beside them, NaNs, and noise over all
// bit patterns.
std::vector<float> many_floats() {
    std::vector<float> floats;
    for (uint32_t half = 0; half < 65536; ++half) {
        const uint32_t bits = bits_from_float(float_from_half(static_cast<uint16_t>(half)));
        for (uint32_t offset : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x1fffu}) floats.push_back(float_from_bits(bits + offset));
        floats.push_back(float_from_bits(half << 16));
        for (uint32_t offset : {1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) floats.push_back(float_from_bits((half << 16) | offset));
    }
    std::mt19937 random(20);
    for (int i = 0; i < 1000000; ++i) floats.push_back(float_from_bits(random()));
    for (uint32_t mantissa = 1; mantissa <= 0x7fffff; mantissa = mantissa * 2 + 1) {
        floats.push_back(float_from_bits(0x7f800000u | mantissa));
        floats.push_back(float_from_bits(0xff800000u | mantissa));
    }
    return floats;
}

std::vector<uint32_t> bit_patterns(const std::vector<float>& floats) {
    std::vector<uint32_t> bits(floats.size());
    std::memcpy(bits.data(), floats.data(), floats.size() * sizeof(float));
    return bits;
}

class ConvertElements : public testing::TestWithParam<SimdLevel> {};

TEST_P(ConvertElements, WidensEveryHalfExactly) {
    const auto halves = all_16_bit_patterns();
    std::vector<float> floats(halves.size());
    float32_from_float16(halves.data(), floats.data(), halves.size(), GetParam());
    for (size_t i = 0; i < halves.size(); ++i) {
        const double expected = half_value(halves[i]);
        if (std::isnan(expected)) {
            const uint32_t bits = bits_from_float(floats[i]);
            ASSERT_EQ(bits, (uint32_t{halves[i]} & 0x8000u) << 16 | 0x7fc00000u | (uint32_t{halves[i]} & 0x3ffu) << 13) << i;
        } else {
            ASSERT_EQ(static_cast<double>(floats[i]), expected) << i;
            ASSERT_EQ(std::signbit(floats[i]), std::signbit(expected)) << i;
        }
    }
}

TEST_P(ConvertElements, NarrowsToTheNearestHalf) {
    const auto floats = many_floats();
    std::vector<uint16_t> halves(floats.size());
    float16_from_float32(floats.data(), halves.data(), floats.size(), GetParam());
    for (size_t i = 0; i < floats.size(); ++i) {
        const uint32_t bits = bits_from_float(floats[i]);
        const uint16_t expected = std::isnan(floats[i])
                                      ? static_cast<uint16_t>((bits >> 16 & 0x8000u) | 0x7e00u | (bits >> 13 & 0x3ffu))
                                      : nearest_half(static_cast<double>(floats[i]));
        ASSERT_EQ(halves[i], expected) << std::hex << bits;
    }
}

TEST_P(ConvertElements, WidensEveryBfloat16Exactly) {
    const auto brains = all_16_bit_patterns();
    std::vector<float> floats(brains.size());
    float32_from_bfloat16(brains.data(), floats.data(), brains.size(), GetParam());
    for (size_t i = 0; i < brains.size(); ++i) {
        const uint32_t exact = static_cast<uint32_t>(i) << 16;
        const uint32_t expected = std::isnan(float_from_bits(exact)) ? exact | 0x400000u : exact;
        ASSERT_EQ(bits_from_float(floats[i]), expected) << i;
    }
}

TEST_P(ConvertElements, NarrowsToTheNearestBfloat16) {
    const auto floats = many_floats();
    std::vector<uint16_t> brains(floats.size());
    bfloat16_from_float32(floats.data(), brains.data(), floats.size(), GetParam());
    for (size_t i = 0; i < floats.size(); ++i) {
        const uint32_t bits = bits_from_float(floats[i]);
        uint32_t expected = bits >> 16;
        if (std::isnan(floats[i])) {
            expected |= 0x40u;
        } else {
            const uint32_t lost = bits & 0xffffu;
            if (lost > 0x8000u || (lost == 0x8000u && (expected & 1u) != 0)) ++expected;
        }
        ASSERT_EQ(uint32_t{brains[i]}, expected) << std::hex << bits;
    }
}

TEST_P(ConvertElements, RoundTripsEveryHalfAndBfloat16) {
    const auto patterns = all_16_bit_patterns();
    std::vector<float> floats(patterns.size());
    std::vector<uint16_t> back(patterns.size());
    float32_from_float16(patterns.data(), floats.data(), patterns.size(), GetParam());
    float16_from_float32(floats.data(), back.data(), patterns.size(), GetParam());
    for (size_t i = 0; i < patterns.size(); ++i) {
        const bool signalling = (i & 0x7c00) == 0x7c00 && (i & 0x3ff) != 0;
        ASSERT_EQ(back[i], signalling ? i | 0x200 : i);
    }
    float32_from_bfloat16(patterns.data(), floats.data(), patterns.size(), GetParam());
    bfloat16_from_float32(floats.data(), back.data(), patterns.size(), GetParam());
    for (size_t i = 0; i < patterns.size(); ++i) {
        const bool signalling = (i & 0x7f80) == 0x7f80 && (i & 0x7f) != 0;
        ASSERT_EQ(back[i], signalling ? i | 0x40 : i);
    }
}

// Whole vectors, and every possible rest.
TEST_P(ConvertElements, WritesExactlyCountElementsAtAnyAlignment) {
    std::vector<uint16_t> halves(200);
    for (size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<uint16_t>(0x3c00 + i);
    for (size_t count = 0; count <= 100; ++count) {
        for (size_t offset = 0; offset < 3; ++offset) {
            std::vector<float> floats(count + offset + 1, -1.0f);
            float32_from_float16(halves.data() + offset, floats.data() + offset, count, GetParam());
            for (size_t i = 0; i < count; ++i) ASSERT_EQ(floats[offset + i], half_value(halves[offset + i]));
            ASSERT_EQ(floats[offset + count], -1.0f);

            std::vector<uint16_t> back(count + offset + 1, 0xabcd);
            float16_from_float32(floats.data() + offset, back.data() + offset, count, GetParam());
            for (size_t i = 0; i < count; ++i) ASSERT_EQ(back[offset + i], halves[offset + i]);
            ASSERT_EQ(back[offset + count], 0xabcd);
        }
    }
}

TEST_P(ConvertElements, UnpacksEveryByteLowNibbleFirst) {
    std::vector<uint8_t> packed(256);
    for (size_t i = 0; i < packed.size(); ++i) packed[i] = static_cast<uint8_t>(i);
    std::vector<int8_t> signed_values(512);
    std::vector<uint8_t> unsigned_values(512);
    int8_from_int4(packed.data(), signed_values.data(), 512, GetParam());
    uint8_from_uint4(packed.data(), unsigned_values.data(), 512, GetParam());
    for (int i = 0; i < 256; ++i) {
        const int low = i % 16, high = i / 16;
        ASSERT_EQ(unsigned_values[2 * i], low);
        ASSERT_EQ(unsigned_values[2 * i + 1], high);
        ASSERT_EQ(signed_values[2 * i], low < 8 ? low : low - 16);
        ASSERT_EQ(signed_values[2 * i + 1], high < 8 ? high : high - 16);
    }
}

TEST_P(ConvertElements, PacksEveryPairWithClamping) {
    std::vector<int8_t> signed_values;
    std::vector<uint8_t> unsigned_values;
    for (int low = 0; low < 256; ++low) {
        for (int high = 0; high < 256; ++high) {
            signed_values.push_back(static_cast<int8_t>(low));
            signed_values.push_back(static_cast<int8_t>(high));
            unsigned_values.push_back(static_cast<uint8_t>(low));
            unsigned_values.push_back(static_cast<uint8_t>(high));
        }
    }
    std::vector<uint8_t> packed(65536);
    int4_from_int8(signed_values.data(), packed.data(), signed_values.size(), GetParam());
    for (size_t i = 0; i < packed.size(); ++i) {
        const int low = std::min(7, std::max(-8, int{signed_values[2 * i]}));
        const int high = std::min(7, std::max(-8, int{signed_values[2 * i + 1]}));
        ASSERT_EQ(packed[i], (low & 15) | (high & 15) << 4) << i;
    }
    uint4_from_uint8(unsigned_values.data(), packed.data(), unsigned_values.size(), GetParam());
    for (size_t i = 0; i < packed.size(); ++i) {
        ASSERT_EQ(packed[i], std::min(15, int{unsigned_values[2 * i]}) | std::min(15, int{unsigned_values[2 * i + 1]}) << 4);
    }
}

TEST_P(ConvertElements, HandlesOddCountsOfNibbles) {
    for (size_t count = 0; count <= 140; ++count) {
        const size_t bytes = (count + 1) / 2;
        std::vector<int8_t> values(count);
        for (size_t i = 0; i < count; ++i) values[i] = static_cast<int8_t>(static_cast<int>(i * 5 % 16) - 8);
        std::vector<uint8_t> packed(bytes + 1, 0xee);
        int4_from_int8(values.data(), packed.data(), count, GetParam());
        ASSERT_EQ(packed[bytes], 0xee);
        if (count % 2 != 0) {
            ASSERT_EQ(packed[bytes - 1] >> 4, 0);
            packed[bytes - 1] |= 0xf0;  // what a reader must ignore
        }
        std::vector<int8_t> back(count + 1, 99);
        int8_from_int4(packed.data(), back.data(), count, GetParam());
        ASSERT_EQ(back[count], 99);
        back.pop_back();
        ASSERT_EQ(back, values);
    }
}

INSTANTIATE_TEST_SUITE_P(Levels, ConvertElements, testing::ValuesIn(levels_here()), level_name);

TEST(ConvertElementsLevels, AgreeBitForBit) {
    const auto floats = many_floats();
    const auto patterns = all_16_bit_patterns();
    for (SimdLevel level : levels_here()) {
        std::vector<uint16_t> expected(floats.size()), actual(floats.size());
        float16_from_float32(floats.data(), expected.data(), floats.size(), SimdLevel::portable);
        float16_from_float32(floats.data(), actual.data(), floats.size(), level);
        ASSERT_EQ(actual, expected);
        bfloat16_from_float32(floats.data(), expected.data(), floats.size(), SimdLevel::portable);
        bfloat16_from_float32(floats.data(), actual.data(), floats.size(), level);
        ASSERT_EQ(actual, expected);
        std::vector<float> wide_expected(patterns.size()), wide_actual(patterns.size());
        float32_from_float16(patterns.data(), wide_expected.data(), patterns.size(), SimdLevel::portable);
        float32_from_float16(patterns.data(), wide_actual.data(), patterns.size(), level);
        ASSERT_EQ(bit_patterns(wide_actual), bit_patterns(wide_expected));
    }
}

}  // namespace
}  // namespace enginery::kernels

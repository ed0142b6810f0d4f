#include "../kernels/core/jpeg/decode_jpeg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "../kernels/core/jpeg/jpeg_header.h"
#include "../kernels/core/jpeg/jpeg_inverse_dct.h"
#include "jpeg_bytes.h"
#include "simd_levels.h"

// That the samples are libjpeg's is tested in TypeScript, where libjpeg is at hand.
namespace enginery::kernels {
namespace {

// In memory of exactly its size, so that the address sanitizer sees a read or write beyond it.
std::optional<std::vector<uint8_t>> decoded(const std::vector<uint8_t>& bytes, size_t length, SimdLevel level) {
    const std::unique_ptr<uint8_t[]> source(new uint8_t[bytes.size()]), target(new uint8_t[length]());
    std::copy(bytes.begin(), bytes.end(), source.get());
    if (!decode_jpeg(source.get(), bytes.size(), target.get(), length, level)) return std::nullopt;
    return std::vector<uint8_t>(target.get(), target.get() + length);
}

JpegKind any_kind(std::mt19937& random) {
    constexpr int32_t samplings[][2] = {{1, 1}, {2, 1}, {2, 2}};
    const auto& [horizontal, vertical] = samplings[random() % 3];
    const bool is_gray = random() % 5 == 0;
    return {5 + static_cast<int32_t>(random() % 70),
            1 + static_cast<int32_t>(random() % 50),
            is_gray ? 1 : 3,
            is_gray ? 1 : horizontal,
            is_gray ? 1 : vertical,
            static_cast<int32_t>(random() % 6),
            random() % 4 == 0 ? 1023 : 60};
}

size_t length_of(const JpegKind& kind) {
    return size_t(kind.width) * kind.height * 3;
}

TEST(DecodeJpeg, IsTheSameOnEveryInstructionSet) {
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        const JpegKind kind = any_kind(random);
        const std::vector<uint8_t> bytes = make_jpeg(kind, random);
        const auto expected = decoded(bytes, length_of(kind), SimdLevel::portable);
        ASSERT_TRUE(expected) << i;
        for (SimdLevel level : levels_here()) EXPECT_EQ(decoded(bytes, length_of(kind), level), expected) << i;
    }
}

TEST(DecodeJpeg, TakesNoTargetOfAnotherSize) {
    std::mt19937 random(2);
    const std::vector<uint8_t> bytes = make_jpeg({20, 10, 3, 1, 1, 0, 60}, random);
    for (size_t length : {size_t{0}, size_t{599}, size_t{601}}) EXPECT_FALSE(decoded(bytes, length, SimdLevel::portable));
    EXPECT_TRUE(decoded(bytes, 600, SimdLevel::portable));
}

TEST(DecodeJpeg, TakesNoFileThatEndsEarly) {
    std::mt19937 random(3);
    for (const JpegKind& kind : {JpegKind{33, 20, 3, 2, 2, 2, 60}, JpegKind{17, 9, 1, 1, 1, 0, 60}}) {
        std::vector<uint8_t> bytes = make_jpeg(kind, random);
        EXPECT_TRUE(decoded(bytes, length_of(kind), best_simd_level()));
        while (!bytes.empty()) {
            bytes.pop_back();
            ASSERT_FALSE(decoded(bytes, length_of(kind), best_simd_level())) << bytes.size();
        }
    }
}

TEST(DecodeJpeg, ReadsWhatFollowsTheEndOfThePictureAsNothing) {
    std::mt19937 random(4);
    std::vector<uint8_t> bytes = make_jpeg({9, 9, 3, 1, 1, 0, 60}, random);
    bytes.insert(bytes.end(), {0, 1, 0xff, 0xd8, 0xff});
    EXPECT_TRUE(decoded(bytes, 9 * 9 * 3, best_simd_level()));
}

TEST(DecodeJpeg, DeclinesCodesThatGoOnAfterTheLastBlock) {
    std::mt19937 random(5);
    std::vector<uint8_t> bytes = make_jpeg({9, 9, 3, 1, 1, 0, 60}, random);
    bytes.insert(bytes.end() - 2, {0x12, 0x34});
    EXPECT_FALSE(decoded(bytes, 9 * 9 * 3, best_simd_level()));
}

TEST(DecodeJpeg, DeclinesRestartsOutOfTurn) {
    std::mt19937 random(6);
    std::vector<uint8_t> bytes = make_jpeg({64, 16, 3, 1, 1, 2, 60}, random);
    const auto is_second = [](uint8_t a, uint8_t b) { return a == 0xff && b == 0xd1; };
    const auto second = std::adjacent_find(bytes.begin(), bytes.end(), is_second);
    ASSERT_NE(second, bytes.end());
    second[1] = 0xd3;
    EXPECT_FALSE(decoded(bytes, 64 * 16 * 3, best_simd_level()));
}

// Damaged files are declined, or decoded to the same on every instruction set; nothing is read or written beyond.
TEST(DecodeJpeg, EndsOnDamagedFiles) {
    std::mt19937 random(7);
    int taken = 0;
    for (int i = 0; i < 4000; ++i) {
        const JpegKind kind = any_kind(random);
        std::vector<uint8_t> bytes = make_jpeg(kind, random);
        for (uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
            // Half of the damage is to the head.
            const size_t at = random() % 2 == 0 ? random() % std::min<size_t>(bytes.size(), 320) : random() % bytes.size();
            const uint8_t values[] = {0, 0xff, 0xd9, static_cast<uint8_t>(bytes[at] ^ (1 << random() % 8)),
                                      static_cast<uint8_t>(random())};
            bytes[at] = values[random() % 5];
            if (random() % 8 == 0) bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at));
        }
        JpegHeader header;
        size_t length = length_of(kind);
        if (read_jpeg_header(bytes.data(), bytes.size(), header)) length = size_t(header.width) * header.height * 3;
        if (length > size_t{1} << 22) continue;
        const auto result = decoded(bytes, length, best_simd_level());
        EXPECT_EQ(decoded(bytes, length, SimdLevel::portable), result) << i;
        if (result) ++taken;
    }
    EXPECT_GT(taken, 100);
}

// Coefficients and steps of any size, as damaged files have them: sums of 16 bits overflow the same way.
TEST(InverseDct, IsTheSameOnEveryInstructionSet) {
    std::mt19937 random(8);
    for (int i = 0; i < 500; ++i) {
        const int32_t count = 1 + static_cast<int32_t>(random() % 4), room = (count + 1) / 2 * 2;
        std::vector<int16_t> blocks(64 * static_cast<size_t>(room));
        std::vector<uint8_t> has_ac(static_cast<size_t>(room));
        std::vector<uint16_t> quantization(64);
        for (int block = 0; block < count; ++block) {
            has_ac[block] = random() % 3 != 0;
            const int shift = static_cast<int>(random() % 16);
            for (int k = 0; k < (has_ac[block] ? 64 : 1); ++k) {
                blocks[64 * block + k] = static_cast<int16_t>(static_cast<int16_t>(random()) >> shift);
            }
        }
        for (uint16_t& step : quantization) step = static_cast<uint16_t>(1 + random() % 255);
        const ptrdiff_t stride = 8 * room;
        std::vector<std::vector<uint8_t>> results;
        for (SimdLevel level : levels_here()) {
            std::vector<uint8_t> samples(8 * static_cast<size_t>(stride));
            inverse_dct(blocks.data(), has_ac.data(), count, quantization.data(), samples.data(), stride, level);
            for (ptrdiff_t row = 0; row < 8; ++row) {
                std::fill(samples.begin() + row * stride + 8 * count, samples.begin() + (row + 1) * stride, uint8_t{0});
            }
            results.push_back(samples);
        }
        for (const auto& result : results) ASSERT_EQ(result, results[0]) << i;
    }
}

}  // namespace
}  // namespace enginery::kernels

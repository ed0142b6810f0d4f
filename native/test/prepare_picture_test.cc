#include "../kernels/core/pictures/prepare_picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "../kernels/core/pictures/normalize_value.h"
#include "simd_levels.h"

namespace enginery::kernels {
namespace {

// In memory of exactly its size, so that the address sanitizer sees a read beyond it.
struct Picture {
    Picture(int32_t width, int32_t height, uint32_t seed)
        : width(width), height(height), bytes(size_t(width) * height * 3), pixels(new uint8_t[bytes]) {
        std::mt19937 random(seed);
        for (size_t i = 0; i < bytes; ++i) pixels[i] = static_cast<uint8_t>(random());
    }

    PictureView view() const { return {pixels.get(), width, height, 3, size_t(width) * 3, pixels.get() + bytes}; }

    int32_t width, height;
    size_t bytes;
    std::unique_ptr<uint8_t[]> pixels;
};

template <typename Element>
std::vector<Element> prepared(const Picture& picture, const std::optional<ResizePlan>& resize, const PackPlan& pack,
                              SimdLevel level) {
    const size_t elements = size_t(pack.canvas_width) * pack.canvas_height * pack.channels(), border = 32;
    std::vector<Element> target(elements + border, Element(77));
    prepare_picture(picture.view(), resize, pack, target.data(), level);
    for (size_t i = 0; i < border; ++i) EXPECT_EQ(target[elements + i], Element(77)) << "written beyond the target";
    target.resize(elements);
    return target;
}

PackPlan any_plan(std::mt19937& random, int32_t width, int32_t height) {
    const auto number = [&] { return std::uniform_real_distribution<double>(-3, 3)(random); };
    PackPlan plan{};
    plan.canvas_width = 1 + static_cast<int32_t>(random() % 70);
    plan.canvas_height = 1 + static_cast<int32_t>(random() % 20);
    plan.x = static_cast<int32_t>(random() % (width + 40)) - width;
    plan.y = static_cast<int32_t>(random() % (height + 10)) - height;
    plan.order = static_cast<ChannelOrder>(random() % 3);
    plan.layout = static_cast<ChannelLayout>(random() % 2);
    for (int channel = 0; channel < 3; ++channel) {
        plan.scale[channel] = number();
        plan.bias[channel] = 100 * number();
        plan.pad[channel] = 50 + 20 * number();
    }
    return plan;
}

template <typename Element>
void compare_levels() {
    std::mt19937 random(21);
    for (int round = 0; round < 400; ++round) {
        const Picture picture(1 + random() % 60, 1 + random() % 20, round);
        std::optional<ResizePlan> resize;
        if (round % 2 == 0) {
            resize = ResizePlan{round % 4 == 0 ? ResizeFilter::pillow_bicubic : ResizeFilter::opencv_linear,
                                1 + static_cast<int32_t>(random() % 60),
                                1 + static_cast<int32_t>(random() % 20),
                                {0, 0, double(picture.width), double(picture.height)}};
        }
        const PackPlan plan = any_plan(random, resize ? resize->width : picture.width, resize ? resize->height : picture.height);
        const auto portable = prepared<Element>(picture, resize, plan, SimdLevel::portable);
        for (const SimdLevel level : levels_here()) {
            const auto vectors = prepared<Element>(picture, resize, plan, level);
            ASSERT_EQ(std::memcmp(vectors.data(), portable.data(), portable.size() * sizeof(Element)), 0) << round;
        }
    }
}

TEST(PreparePicture, EveryLevelGivesTheSameFloats) {
    compare_levels<float>();
}

TEST(PreparePicture, EveryLevelGivesTheSameHalves) {
    compare_levels<uint16_t>();
}

TEST(PreparePicture, EveryLevelGivesTheSameBytes) {
    compare_levels<uint8_t>();
}

TEST(PreparePicture, FarOffTheCanvasIsAllPadding) {
    const Picture picture(7, 5, 1);
    PackPlan plan{};
    plan.canvas_width = 4;
    plan.canvas_height = 3;
    plan.layout = ChannelLayout::planar;
    for (int channel = 0; channel < 3; ++channel) {
        plan.scale[channel] = 1;
        plan.pad[channel] = 9 + channel;
    }
    for (const auto& [x, y] : {std::pair{-(1 << 24), 0}, std::pair{1 << 24, 1 << 24}, std::pair{0, -5}, std::pair{4, 0}}) {
        plan.x = x;
        plan.y = y;
        const auto canvas = prepared<float>(picture, std::nullopt, plan, best_simd_level());
        for (size_t i = 0; i < canvas.size(); ++i) ASSERT_EQ(canvas[i], 9 + i / 12) << x << " " << y;
    }
}

TEST(Normalization, IsExactToAUnitInTheLastPlace) {
    std::mt19937 random(22);
    std::uniform_real_distribution<double> means(0, 255), deviations(0.2, 300);
    for (int round = 0; round < 20000; ++round) {
        const double mean = means(random), deviation = deviations(random);
        const Normalization normalize(1 / deviation, -mean / deviation);
        for (const int value : {0, 255, static_cast<int>(mean), static_cast<int>(mean) + 1, static_cast<int>(random() % 256)}) {
            const double exact = value * (1 / deviation) - mean / deviation;
            const float rounded = static_cast<float>(exact);
            const double unit = std::nextafter(std::fabs(rounded), 1e9f) - std::fabs(rounded);
            // Two floats hold 40 bits of the scale: all that is left to lose where the two cancel.
            const double rest = std::ldexp((255 + mean) / deviation, -40);
            ASSERT_LE(std::fabs(normalize(static_cast<float>(value)) - exact), unit + rest)
                << value << " " << mean << " " << deviation;
        }
    }
}

TEST(Normalization, LeavesBytesAsTheyAre) {
    const Normalization normalize(1, 0);
    for (int value = 0; value < 256; ++value) ASSERT_EQ(normalize(static_cast<float>(value)), value);
}

TEST(ElementFromFloat, RoundsBytesHalfToEvenAndClamps) {
    const std::pair<float, int> cases[] = {{-1, 0},       {0.5f, 0},   {1.5f, 2},      {2.5f, 2},       {254.5f, 254},
                                           {255.4f, 255}, {1e9f, 255}, {-INFINITY, 0}, {INFINITY, 255}, {NAN, 0}};
    for (const auto& [value, expected] : cases) ASSERT_EQ(element_from_float<uint8_t>(value), expected) << value;
}

}  // namespace
}  // namespace enginery::kernels

#include "../kernels/core/pictures/resize_picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "simd_levels.h"

namespace enginery::kernels {
namespace {

constexpr ResizeFilter kFilters[] = {
    ResizeFilter::pillow_nearest, ResizeFilter::pillow_box,     ResizeFilter::pillow_bilinear,
    ResizeFilter::pillow_bicubic, ResizeFilter::pillow_lanczos, ResizeFilter::opencv_nearest,
    ResizeFilter::opencv_linear,  ResizeFilter::opencv_cubic,   ResizeFilter::opencv_area,
};

// In memory of exactly its size, so that the address sanitizer sees a read beyond it.
struct Picture {
    Picture(int32_t width, int32_t height, int32_t channels, uint32_t seed)
        : width(width), height(height), channels(channels), bytes(size_t(width) * height * channels), pixels(new uint8_t[bytes]) {
        std::mt19937 random(seed);
        // Mostly extremes: there sums are clipped.
        for (size_t i = 0; i < bytes; ++i) pixels[i] = static_cast<uint8_t>(random() % 3 == 0 ? random() : random() % 2 * 255);
    }

    PictureView view() const { return {pixels.get(), width, height, channels, size_t(width) * channels, pixels.get() + bytes}; }

    int32_t width, height, channels;
    size_t bytes;
    std::unique_ptr<uint8_t[]> pixels;
};

std::vector<uint8_t> resized(const Picture& picture, const ResizePlan& plan, const Window& window, SimdLevel level) {
    // A border that must stay as it is.
    const size_t bytes = size_t(window.width) * window.height * picture.channels, border = 64;
    std::vector<uint8_t> target(bytes + border, 0xa5);
    resize_picture(picture.view(), plan, window, target.data(), level);
    for (size_t i = 0; i < border; ++i) EXPECT_EQ(target[bytes + i], 0xa5) << "written beyond the target";
    target.resize(bytes);
    return target;
}

ResizePlan whole(const Picture& picture, ResizeFilter filter, int32_t width, int32_t height) {
    return {filter, width, height, {0, 0, double(picture.width), double(picture.height)}};
}

Window all_of(const ResizePlan& plan) {
    return {0, 0, plan.width, plan.height};
}

int32_t any_side(std::mt19937& random) {
    constexpr int32_t special[] = {1, 2, 3, 4, 5, 8, 9, 11, 16, 17, 32, 33, 64};
    return random() % 2 == 0 ? special[random() % 13] : 1 + static_cast<int32_t>(random() % 120);
}

SourceBox any_box(std::mt19937& random, const Picture& picture, ResizeFilter filter) {
    if (random() % 2 == 0) return {0, 0, double(picture.width), double(picture.height)};
    const auto span = [&](int32_t size) {
        const int32_t begin = static_cast<int32_t>(random() % size);
        return std::pair<double, double>(begin, begin + 1 + static_cast<int32_t>(random() % (size - begin)));
    };
    auto [left, right] = span(picture.width);
    auto [top, bottom] = span(picture.height);
    if (!is_of_opencv(filter)) {
        left += 0.25 * (random() % 4) * (right - left);
        bottom -= 0.125 * (random() % 4) * (bottom - top);
    }
    return {left, top, right, bottom};
}

TEST(ResizePicture, EveryLevelGivesTheSameBytes) {
    std::mt19937 random(11);
    for (int round = 0; round < 250; ++round) {
        const Picture picture(any_side(random), any_side(random), 1 + round % 4, round);
        for (const ResizeFilter filter : kFilters) {
            const ResizePlan plan{filter, any_side(random), any_side(random), any_box(random, picture, filter)};
            const auto portable = resized(picture, plan, all_of(plan), SimdLevel::portable);
            for (const SimdLevel level : levels_here()) {
                ASSERT_EQ(resized(picture, plan, all_of(plan), level), portable)
                    << "filter " << int(filter) << ", level " << int(level) << ": " << picture.width << " x " << picture.height
                    << " x " << picture.channels << " to " << plan.width << " x " << plan.height;
            }
        }
    }
}

TEST(ResizePicture, AWindowIsThatPartOfTheWhole) {
    std::mt19937 random(12);
    for (int round = 0; round < 120; ++round) {
        const Picture picture(any_side(random), any_side(random), 1 + round % 4, round);
        for (const ResizeFilter filter : kFilters) {
            const ResizePlan plan{filter, any_side(random), any_side(random), any_box(random, picture, filter)};
            const int32_t left = static_cast<int32_t>(random() % plan.width), top = static_cast<int32_t>(random() % plan.height);
            const Window window{left, top, 1 + static_cast<int32_t>(random() % (plan.width - left)),
                                1 + static_cast<int32_t>(random() % (plan.height - top))};
            for (const SimdLevel level : levels_here()) {
                const auto all = resized(picture, plan, all_of(plan), level);
                const auto part = resized(picture, plan, window, level);
                const size_t row = size_t(window.width) * picture.channels;
                for (int32_t y = 0; y < window.height; ++y) {
                    const auto begin = all.begin() + (size_t(top + y) * plan.width + left) * picture.channels;
                    ASSERT_TRUE(std::equal(begin, begin + row, part.begin() + y * row)) << "filter " << int(filter);
                }
            }
        }
    }
}

TEST(ResizePicture, LongSides) {
    for (const auto& [width, height] : {std::pair{10000, 3}, std::pair{3, 10000}}) {
        const Picture picture(width, height, 3, 5);
        for (const ResizeFilter filter : kFilters) {
            for (const auto& [to_width, to_height] :
                 {std::pair{1, 1}, std::pair{777, 2}, std::pair{2, 777}, std::pair{10000, 1}}) {
                const ResizePlan plan = whole(picture, filter, to_width, to_height);
                const auto portable = resized(picture, plan, all_of(plan), SimdLevel::portable);
                for (const SimdLevel level : levels_here()) ASSERT_EQ(resized(picture, plan, all_of(plan), level), portable);
            }
        }
    }
}

TEST(ResizePicture, TheSameSizeIsACopy) {
    const Picture picture(37, 21, 3, 1);
    for (const ResizeFilter filter : kFilters) {
        const ResizePlan plan = whole(picture, filter, 37, 21);
        const auto copy = resized(picture, plan, all_of(plan), best_simd_level());
        ASSERT_TRUE(std::equal(copy.begin(), copy.end(), picture.pixels.get())) << "filter " << int(filter);
    }
}

// Written from the definition, in double precision and without rounding between the passes.
double bilinear_mean(const Picture& picture, double scale, int32_t output) {
    const double support = std::max(scale, 1.0), center = (output + 0.5) * scale;
    double sum = 0, weights = 0;
    for (int32_t x = 0; x < picture.width; ++x) {
        const double weight = std::max(0.0, 1 - std::fabs(x + 0.5 - center) / support);
        sum += weight * picture.pixels[x];
        weights += weight;
    }
    return sum / weights;
}

TEST(ResizePicture, PillowsBilinearIsAWeightedMeanOverATriangle) {
    const Picture picture(301, 1, 1, 3);
    for (const int32_t width : {7, 100, 300, 302, 900}) {
        const ResizePlan plan = whole(picture, ResizeFilter::pillow_bilinear, width, 1);
        const auto row = resized(picture, plan, all_of(plan), best_simd_level());
        for (int32_t x = 0; x < width; ++x)
            ASSERT_NEAR(row[x], bilinear_mean(picture, 301.0 / width, x), 0.51) << width << " " << x;
    }
}

TEST(ResizePicture, OpenCvsAreaIsTheMeanOfWhatAPixelCovers) {
    const Picture picture(300, 1, 1, 4);
    for (const int32_t width : {7, 60, 100, 299}) {
        const ResizePlan plan = whole(picture, ResizeFilter::opencv_area, width, 1);
        const auto row = resized(picture, plan, all_of(plan), best_simd_level());
        const double scale = 300.0 / width;
        for (int32_t output = 0; output < width; ++output) {
            double sum = 0;
            for (int32_t x = 0; x < 300; ++x) {
                const double covered = std::min(x + 1.0, (output + 1) * scale) - std::max(double(x), output * scale);
                sum += std::max(0.0, covered) * picture.pixels[x];
            }
            // Slivers below a thousandth of a pixel are left out.
            ASSERT_NEAR(row[output], sum / scale, 0.8) << width << " " << output;
        }
    }
}

TEST(ResizePicture, AWindowOfNothingWritesNothing) {
    const Picture picture(5, 5, 3, 1);
    for (const ResizeFilter filter : kFilters) {
        resized(picture, whole(picture, filter, 9, 9), {3, 3, 0, 4}, best_simd_level());
        resized(picture, whole(picture, filter, 9, 9), {3, 3, 4, 0}, best_simd_level());
    }
}

}  // namespace
}  // namespace enginery::kernels

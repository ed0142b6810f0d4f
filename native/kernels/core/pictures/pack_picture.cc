#include "pack_picture.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pack_rows.h"

namespace enginery::kernels {

namespace {

// Pillow's weights for brightness, of 2^16.
constexpr int32_t kGrayWeights[3] = {19595, 38470, 7471};

int32_t source_channel(const PackPlan& plan, int32_t channel) {
    return plan.order == ChannelOrder::bgr ? 2 - channel : channel;
}

// A canvas of one element type. Every byte has its element in a table; vector code computes the same.
template <typename Element>
class Packer {
public:
    Packer(const PackPlan& plan, Element* target, SimdLevel level)
        : plan_(plan),
          target_(target),
          vectors_(ENGINERY_X86_SIMD && level >= SimdLevel::avx2),
          by_{Normalization(plan.scale[0], plan.bias[0]), Normalization(plan.scale[1], plan.bias[1]),
              Normalization(plan.scale[2], plan.bias[2])} {
        for (int32_t channel = 0; channel < plan.channels(); ++channel) {
            for (int32_t value = 0; value < 256; ++value) table_[channel][value] = element(channel, static_cast<float>(value));
            pad_[channel] = element(channel, static_cast<float>(pad_value(channel)));
        }
    }

    void pack(const PictureView& picture) {
        for (int32_t y = 0; y < plan_.canvas_height; ++y) {
            const int32_t row = y - plan_.y;
            if (row < 0 || row >= picture.height) {
                pad(y, 0, plan_.canvas_width);
                continue;
            }
            pad(y, 0, plan_.x);
            place_row(picture.row(row), picture.end, y, picture.width);
            pad(y, plan_.x + picture.width, plan_.canvas_width);
        }
    }

private:
    Element element(int32_t channel, float value) const { return element_from_float<Element>(by_[channel](value)); }

    double pad_value(int32_t channel) const {
        if (plan_.order != ChannelOrder::gray) return plan_.pad[source_channel(plan_, channel)];
        return (plan_.pad[0] * kGrayWeights[0] + plan_.pad[1] * kGrayWeights[1] + plan_.pad[2] * kGrayWeights[2]) / 65536;
    }

    Element* at(int32_t channel, int32_t x, int32_t y) const {
        const size_t width = plan_.canvas_width, height = plan_.canvas_height, channels = plan_.channels();
        return plan_.layout == ChannelLayout::planar ? target_ + (channel * height + y) * width + x
                                                     : target_ + (y * width + x) * channels + channel;
    }

    void pad(int32_t y, int32_t from, int32_t to) {
        const size_t step = plan_.layout == ChannelLayout::planar ? 1 : plan_.channels();
        for (int32_t channel = 0; channel < plan_.channels() && from < to; ++channel) {
            Element* element = at(channel, from, y);
            if (step == 1) {
                std::fill_n(element, to - from, pad_[channel]);
                continue;
            }
            for (int32_t x = from; x < to; ++x, element += step) *element = pad_[channel];
        }
    }

    void place_row(const uint8_t* source, const uint8_t* end, int32_t y, size_t pixels) {
        if (plan_.order == ChannelOrder::gray) return place_gray(source, y, pixels);
        if (plan_.layout == ChannelLayout::interleaved) return place_pixels(source, end, at(0, plan_.x, y), pixels);
        for (int32_t channel = 0; channel < 3; ++channel) {
            place_channel(source + source_channel(plan_, channel), end, channel, at(channel, plan_.x, y), pixels);
        }
    }

    void place_channel(const uint8_t* source, const uint8_t* end, int32_t channel, Element* to, size_t pixels) {
        size_t i = 0;
#if ENGINERY_X86_SIMD
        if constexpr (sizeof(Element) > 1) {
            if (vectors_) i = normalize_channel_avx2(source, end, to, pixels, by_[channel]);
        }
#endif
        static_cast<void>(end);
        const Element* table = table_[channel].data();
        for (; i < pixels; ++i) to[i] = table[source[3 * i]];
    }

    void place_pixels(const uint8_t* source, const uint8_t* end, Element* to, size_t pixels) {
        size_t i = 0;
#if ENGINERY_X86_SIMD
        if constexpr (sizeof(Element) > 1) {
            if (vectors_) i = normalize_pixels_avx2(source, end, to, pixels, plan_.order == ChannelOrder::bgr, by_.data());
        }
#endif
        static_cast<void>(end);
        const int32_t first = source_channel(plan_, 0), last = source_channel(plan_, 2);
        for (; i < pixels; ++i) {
            to[3 * i] = table_[0][source[3 * i + first]];
            to[3 * i + 1] = table_[1][source[3 * i + 1]];
            to[3 * i + 2] = table_[2][source[3 * i + last]];
        }
    }

    void place_gray(const uint8_t* source, int32_t y, size_t pixels) {
        Element* to = at(0, plan_.x, y);
        for (size_t i = 0; i < pixels; ++i, source += 3) {
            const int32_t sum = source[0] * kGrayWeights[0] + source[1] * kGrayWeights[1] + source[2] * kGrayWeights[2];
            to[i] = table_[0][(sum + 0x8000) >> 16];
        }
    }

    const PackPlan& plan_;
    Element* target_;
    bool vectors_;
    std::array<Normalization, 3> by_;
    std::array<std::array<Element, 256>, 3> table_;
    Element pad_[3];
};

}  // namespace

template <typename Element>
void pack_picture(const PictureView& picture, const PackPlan& plan, Element* target, SimdLevel level) {
    Packer<Element>(plan, target, level).pack(picture);
}

template void pack_picture(const PictureView&, const PackPlan&, float*, SimdLevel);
template void pack_picture(const PictureView&, const PackPlan&, uint16_t*, SimdLevel);
template void pack_picture(const PictureView&, const PackPlan&, uint8_t*, SimdLevel);

}  // namespace enginery::kernels

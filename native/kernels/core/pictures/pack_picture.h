#pragma once

#include "../cpu/simd_level.h"
#include "picture.h"

namespace enginery::kernels {

enum class ChannelOrder { rgb, bgr, gray };
enum class ChannelLayout { planar, interleaved };

// Where a picture of three channels (R, G, B) lies on a canvas, and what becomes of its values.
struct PackPlan {
    int32_t canvas_width;
    int32_t canvas_height;
    // Of the picture's top left corner; the picture lies within the canvas.
    int32_t x;
    int32_t y;
    ChannelOrder order;
    ChannelLayout layout;
    // For each channel of the target.
    double scale[3];
    double bias[3];
    // R, G, B around the picture.
    double pad[3];

    int32_t channels() const { return order == ChannelOrder::gray ? 1 : 3; }
};

// Elements of a canvas: float, the bits of a half, or a byte (rounded half to even and clamped).
template <typename Element>
void pack_picture(const PictureView& picture, const PackPlan& plan, Element* target, SimdLevel level);

extern template void pack_picture(const PictureView&, const PackPlan&, float*, SimdLevel);
extern template void pack_picture(const PictureView&, const PackPlan&, uint16_t*, SimdLevel);
extern template void pack_picture(const PictureView&, const PackPlan&, uint8_t*, SimdLevel);

}  // namespace enginery::kernels

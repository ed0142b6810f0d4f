#pragma once

#include "../cpu/simd_level.h"
#include "picture.h"

namespace enginery::kernels {

// Ways to resample, named after the library whose numbers they give.
enum class ResizeFilter {
    pillow_nearest,
    pillow_box,
    pillow_bilinear,
    pillow_bicubic,
    pillow_lanczos,
    opencv_nearest,
    opencv_linear,
    opencv_cubic,
    opencv_area,
};

inline bool is_of_opencv(ResizeFilter filter) {
    return filter >= ResizeFilter::opencv_nearest;
}

// A part of the source in pixels. Whole numbers for OpenCV's filters.
struct SourceBox {
    double left;
    double top;
    double right;
    double bottom;
};

struct ResizePlan {
    ResizeFilter filter;
    // Of the whole result.
    int32_t width;
    int32_t height;
    // Within the source and not empty.
    SourceBox box;
};

// Writes the part `window` of the resized picture, which is as it would be in the whole: `target` holds
// window.width * window.height * source.channels bytes. May throw std::bad_alloc.
void resize_picture(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target, SimdLevel level);

}  // namespace enginery::kernels

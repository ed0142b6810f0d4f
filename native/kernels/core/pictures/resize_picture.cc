#include "resize_picture.h"

#include "nearest.h"
#include "opencv_resample.h"
#include "pillow_resample.h"

namespace enginery::kernels {

namespace {

PictureView part_of(const PictureView& source, const SourceBox& box) {
    PictureView part = source;
    const auto left = static_cast<int32_t>(box.left), top = static_cast<int32_t>(box.top);
    part.pixels = source.row(top) + static_cast<size_t>(left) * source.channels;
    part.width = static_cast<int32_t>(box.right) - left;
    part.height = static_cast<int32_t>(box.bottom) - top;
    return part;
}

void resize_as_opencv(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target, SimdLevel level) {
    const int32_t width = plan.width, height = plan.height;
    if (plan.filter == ResizeFilter::opencv_nearest) return pick_as_opencv(source, width, height, window, target);
    if (plan.filter == ResizeFilter::opencv_cubic) return resample_cubic(source, width, height, window, target, level);

    const OpenCvScale x(source.width, width), y(source.height, height);
    const bool in_blocks = x.is_whole && y.is_whole;
    if (plan.filter == ResizeFilter::opencv_linear) {
        // Halving is the mean of four pixels, which OpenCV does by its area filter.
        if (in_blocks && x.whole == 2 && y.whole == 2) return average_blocks(source, 2, 2, window, target, level);
        return resample_linear(source, width, height, window, LinearPlacement::centres, target, level);
    }
    if (x.scale < 1 || y.scale < 1) return resample_linear(source, width, height, window, LinearPlacement::areas, target, level);
    if (in_blocks) return average_blocks(source, x.whole, y.whole, window, target, level);
    resample_area(source, width, height, window, target, level);
}

}  // namespace

void resize_picture(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target, SimdLevel level) {
    if (window.width <= 0 || window.height <= 0) return;
    if (is_of_opencv(plan.filter)) return resize_as_opencv(part_of(source, plan.box), plan, window, target, level);
    if (plan.filter == ResizeFilter::pillow_nearest) return pick_as_pillow(source, plan, window, target);
    resample_as_pillow(source, plan, window, target, level);
}

}  // namespace enginery::kernels

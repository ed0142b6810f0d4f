#pragma once

#include "resize_picture.h"

namespace enginery::kernels {

// Picks a pixel for each. Pillow takes the one under the centre, OpenCV the one under the top left corner.
void pick_as_pillow(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target);
// The source is the part to resample.
void pick_as_opencv(const PictureView& source, int32_t width, int32_t height, const Window& window, uint8_t* target);

}  // namespace enginery::kernels

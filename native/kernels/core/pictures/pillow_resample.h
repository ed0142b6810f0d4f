#pragma once

#include "resize_picture.h"

namespace enginery::kernels {

// Pillow's antialiased filters: box, bilinear, bicubic and Lanczos.
void resample_as_pillow(const PictureView& source, const ResizePlan& plan, const Window& window, uint8_t* target,
                        SimdLevel level);

}  // namespace enginery::kernels

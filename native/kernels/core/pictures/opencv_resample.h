#pragma once

#include "opencv_axis.h"
#include "resize_picture.h"

namespace enginery::kernels {

// OpenCV's filters for 8-bit pictures, in its fixed point, without antialiasing but for area. The source is the part to
// resample: nothing outside of it is read.
void resample_linear(const PictureView& source, int32_t width, int32_t height, const Window& window, LinearPlacement placement,
                     uint8_t* target, SimdLevel level);
void resample_cubic(const PictureView& source, int32_t width, int32_t height, const Window& window, uint8_t* target,
                    SimdLevel level);

// The mean of what a pixel covers. For shrinking alone, in both directions.
void resample_area(const PictureView& source, int32_t width, int32_t height, const Window& window, uint8_t* target,
                   SimdLevel level);
// The same where width and height shrink by whole factors.
void average_blocks(const PictureView& source, int32_t factor_x, int32_t factor_y, const Window& window, uint8_t* target,
                    SimdLevel level);

}  // namespace enginery::kernels

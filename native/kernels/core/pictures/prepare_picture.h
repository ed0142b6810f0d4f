#pragma once

#include <optional>

#include "pack_picture.h"
#include "resize_picture.h"

namespace enginery::kernels {

// A picture's way into a tensor: resampled, cropped or padded, normalised. `pack.x` and `pack.y` say where the resized
// picture lies and may be negative or beyond the canvas; only what is seen of it is resampled. May throw std::bad_alloc.
template <typename Element>
void prepare_picture(const PictureView& source, const std::optional<ResizePlan>& resize, const PackPlan& pack, Element* target,
                     SimdLevel level);

extern template void prepare_picture(const PictureView&, const std::optional<ResizePlan>&, const PackPlan&, float*, SimdLevel);
extern template void prepare_picture(const PictureView&, const std::optional<ResizePlan>&, const PackPlan&, uint16_t*, SimdLevel);
extern template void prepare_picture(const PictureView&, const std::optional<ResizePlan>&, const PackPlan&, uint8_t*, SimdLevel);

}  // namespace enginery::kernels

#pragma once

#include <cstddef>
#include <cstdint>

namespace enginery::kernels {

// Pixels of 8 bits a channel, channels interleaved, the rows `stride` bytes apart.
struct PictureView {
    const uint8_t* pixels;
    int32_t width;
    int32_t height;
    int32_t channels;  // 1 to 4
    size_t stride;
    // One past the last byte that may be read: vector loads may reach beyond a row, never beyond this.
    const uint8_t* end;

    const uint8_t* row(int32_t y) const { return pixels + static_cast<size_t>(y) * stride; }
    size_t row_bytes() const { return static_cast<size_t>(width) * static_cast<size_t>(channels); }
};

// A rectangle of whole pixels.
struct Window {
    int32_t left;
    int32_t top;
    int32_t width;
    int32_t height;
};

}  // namespace enginery::kernels

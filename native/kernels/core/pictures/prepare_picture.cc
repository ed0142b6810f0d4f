#include "prepare_picture.h"

#include <algorithm>
#include <memory>

namespace enginery::kernels {

namespace {

struct Span {
    int32_t begin;
    int32_t length;
};

// What of 0 .. size - 1 lies on the canvas when 0 is at `offset`.
Span visible_part(int32_t size, int32_t offset, int32_t canvas) {
    const int64_t begin = std::max<int64_t>(0, -int64_t{offset});
    const int64_t end = std::min<int64_t>(size, int64_t{canvas} - offset);
    return end <= begin ? Span{0, 0} : Span{static_cast<int32_t>(begin), static_cast<int32_t>(end - begin)};
}

}  // namespace

template <typename Element>
void prepare_picture(const PictureView& source, const std::optional<ResizePlan>& resize, const PackPlan& pack, Element* target,
                     SimdLevel level) {
    const Span across = visible_part(resize ? resize->width : source.width, pack.x, pack.canvas_width);
    const Span down = visible_part(resize ? resize->height : source.height, pack.y, pack.canvas_height);
    const Window window{across.begin, down.begin, down.length == 0 ? 0 : across.length, across.length == 0 ? 0 : down.length};

    PackPlan placed = pack;
    placed.x = window.width == 0 ? 0 : pack.x + window.left;
    placed.y = window.height == 0 ? 0 : pack.y + window.top;

    PictureView seen = source;
    std::unique_ptr<uint8_t[]> resized;
    if (resize) {
        seen.stride = static_cast<size_t>(window.width) * source.channels;
        const size_t bytes = seen.stride * window.height;
        resized.reset(new uint8_t[bytes]);  // not zeroed: all of it is written
        resize_picture(source, *resize, window, resized.get(), level);
        seen.pixels = resized.get();
        seen.end = seen.pixels + bytes;
    } else {
        seen.pixels = source.row(window.top) + static_cast<size_t>(window.left) * source.channels;
    }
    seen.width = window.width;
    seen.height = window.height;
    pack_picture(seen, placed, target, level);
}

template void prepare_picture(const PictureView&, const std::optional<ResizePlan>&, const PackPlan&, float*, SimdLevel);
template void prepare_picture(const PictureView&, const std::optional<ResizePlan>&, const PackPlan&, uint16_t*, SimdLevel);
template void prepare_picture(const PictureView&, const std::optional<ResizePlan>&, const PackPlan&, uint8_t*, SimdLevel);

}  // namespace enginery::kernels

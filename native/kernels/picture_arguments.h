#pragma once

#include <napi.h>

#include <optional>

#include "core/pictures/prepare_picture.h"

namespace enginery::kernels {

// Sides that are not larger leave room in 64 bits for every product of two sides, channels and element size.
constexpr int32_t kLargestSide = 1 << 24;

// Reading an object's properties may run code of the caller's, which may detach arrays: the functions that return plain
// data come first, then `picture_view`, which is the last before the pixels are used.

// The parts of a NativePicture but for its pixels.
struct PictureShape {
    int32_t width;
    int32_t height;
    int32_t channels;
    Napi::Value data;

    size_t bytes() const { return static_cast<size_t>(width) * height * channels; }
};

PictureShape picture_shape(const Napi::CallbackInfo& info, size_t index);
ResizePlan resize_plan(Napi::Env env, Napi::Value value, const PictureShape& source);

// A NativePreparation. `offset` counts elements of the target.
struct Preparation {
    std::optional<ResizePlan> resize;
    PackPlan pack;
    uint64_t offset;
};

Preparation preparation(const Napi::CallbackInfo& info, size_t index, const PictureShape& source);

PictureView picture_view(Napi::Env env, const PictureShape& shape);

}  // namespace enginery::kernels

#include "picture_functions.h"

#include <new>
#include <vector>

#include "core/jpeg/decode_jpeg.h"
#include "picture_arguments.h"
#include "pool_work.h"
#include "typed_arguments.h"

namespace enginery::kernels {

namespace {

// A call with its arguments read: what to compute, and the arrays that it works on.
struct PictureCall {
    std::function<void()> work;
    std::vector<Napi::Value> arrays;
};

PictureCall resize_call(const Napi::CallbackInfo& info) {
    const PictureShape shape = picture_shape(info, 0);
    const ResizePlan plan = resize_plan(info.Env(), info[2], shape);
    const PictureView source = picture_view(info.Env(), shape);
    const auto target = array_argument<uint8_t>(info, 1, "target");
    const size_t expected = static_cast<size_t>(plan.width) * plan.height * source.channels;
    require_length(info.Env(), "target", target.length, "resize.width * resize.height * channels", expected);
    require_apart(info.Env(), source.pixels, shape.bytes(), target.data, target.length);
    const auto work = [=] { resize_picture(source, plan, {0, 0, plan.width, plan.height}, target.data, best_simd_level()); };
    return {work, {shape.data, info[1]}};
}

template <typename Element>
PictureCall prepare_call_of(const Napi::CallbackInfo& info) {
    const PictureShape shape = picture_shape(info, 0);
    const Preparation plan = preparation(info, 2, shape);
    const PictureView source = picture_view(info.Env(), shape);
    const auto target = array_argument<Element>(info, 1, "target");
    const uint64_t elements = static_cast<uint64_t>(plan.pack.canvas_width) * plan.pack.canvas_height * plan.pack.channels();
    if (plan.offset > target.length || elements > target.length - plan.offset) {
        throw argument_error(info.Env(), "Expected target to hold " + std::to_string(elements) + " elements from offset " +
                                             std::to_string(plan.offset) + " on, received length " +
                                             std::to_string(target.length));
    }
    Element* canvas = target.data + plan.offset;
    require_apart(info.Env(), source.pixels, shape.bytes(), canvas, elements * sizeof(Element));
    const auto work = [=] { prepare_picture(source, plan.resize, plan.pack, canvas, best_simd_level()); };
    return {work, {shape.data, info[1]}};
}

PictureCall prepare_call(const Napi::CallbackInfo& info) {
    if (info[1].IsTypedArray()) {
        const napi_typedarray_type type = info[1].As<Napi::TypedArray>().TypedArrayType();
        if (type == napi_float32_array) return prepare_call_of<float>(info);
        if (type == napi_uint16_array) return prepare_call_of<uint16_t>(info);
        if (type == napi_uint8_array) return prepare_call_of<uint8_t>(info);
    }
    throw argument_error(info.Env(), "Expected target to be a Float32Array, Uint16Array or Uint8Array");
}

void run_here(Napi::Env env, const PictureCall& call) {
    try {
        call.work();
    } catch (const std::bad_alloc&) {
        throw memory_error(env, "the picture's intermediate results did not fit");
    }
}

}  // namespace

Napi::Value resize_image(const Napi::CallbackInfo& info) {
    PictureCall call = resize_call(info);
    return PoolWork::start(info.Env(), std::move(call.arrays), std::move(call.work));
}

void resize_image_sync(const Napi::CallbackInfo& info) {
    run_here(info.Env(), resize_call(info));
}

Napi::Value prepare_image(const Napi::CallbackInfo& info) {
    PictureCall call = prepare_call(info);
    return PoolWork::start(info.Env(), std::move(call.arrays), std::move(call.work));
}

void prepare_image_sync(const Napi::CallbackInfo& info) {
    run_here(info.Env(), prepare_call(info));
}

Napi::Value decode_jpeg_file(const Napi::CallbackInfo& info) {
    const auto source = array_argument<uint8_t>(info, 0, "source");
    const auto target = array_argument<uint8_t>(info, 1, "target");
    require_apart(info.Env(), source.data, source.length, target.data, target.length);
    return PoolWork::ask(info.Env(), {info[0], info[1]},
                         [=] { return decode_jpeg(source.data, source.length, target.data, target.length, best_simd_level()); });
}

}  // namespace enginery::kernels

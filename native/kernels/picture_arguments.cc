#include "picture_arguments.h"

#include <cmath>
#include <string>

#include "typed_arguments.h"

namespace enginery::kernels {

namespace {

Napi::Object object_argument(Napi::Env env, Napi::Value value, const char* name) {
    if (!value.IsObject() || value.IsTypedArray())
        throw argument_error(env, std::string("Expected ") + name + " to be an object");
    return value.As<Napi::Object>();
}

double number_property(Napi::Env env, Napi::Object object, const char* name) {
    const Napi::Value value = object.Get(name);
    const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
    if (!std::isfinite(number)) throw argument_error(env, std::string("Expected ") + name + " to be a finite number");
    return number;
}

int32_t whole_property(Napi::Env env, Napi::Object object, const char* name, double least, double most) {
    const double number = number_property(env, object, name);
    if (number == std::floor(number) && number >= least && number <= most) return static_cast<int32_t>(number);
    throw argument_error(env, std::string("Expected ") + name + " to be a whole number of " +
                                  std::to_string(std::llround(least)) + " to " + std::to_string(std::llround(most)) +
                                  ", received " + std::to_string(number));
}

std::string word_property(Napi::Env env, Napi::Object object, const char* name) {
    const Napi::Value value = object.Get(name);
    if (!value.IsString()) throw argument_error(env, std::string("Expected ") + name + " to be a string");
    return value.As<Napi::String>().Utf8Value();
}

template <typename Choice, size_t count>
Choice choice_property(Napi::Env env, Napi::Object object, const char* name,
                       const std::pair<const char*, Choice> (&choices)[count]) {
    const std::string word = word_property(env, object, name);
    for (const auto& [text, choice] : choices) {
        if (word == text) return choice;
    }
    throw argument_error(env, std::string("There is no ") + name + " " + word);
}

void numbers_property(Napi::Env env, Napi::Object object, const char* name, double* numbers, uint32_t count) {
    const Napi::Value value = object.Get(name);
    if (!value.IsArray() || value.As<Napi::Array>().Length() != count) {
        throw argument_error(env, std::string("Expected ") + name + " to be an array of " + std::to_string(count) + " numbers");
    }
    for (uint32_t i = 0; i < count; ++i) {
        const Napi::Value number = value.As<Napi::Array>().Get(i);
        numbers[i] = number.IsNumber() ? number.As<Napi::Number>().DoubleValue() : NAN;
        if (!std::isfinite(numbers[i])) throw argument_error(env, std::string("Expected ") + name + " to hold finite numbers");
    }
}

constexpr std::pair<const char*, ResizeFilter> kFilters[] = {
    {"pillow-nearest", ResizeFilter::pillow_nearest},   {"pillow-box", ResizeFilter::pillow_box},
    {"pillow-bilinear", ResizeFilter::pillow_bilinear}, {"pillow-bicubic", ResizeFilter::pillow_bicubic},
    {"pillow-lanczos", ResizeFilter::pillow_lanczos},   {"opencv-nearest", ResizeFilter::opencv_nearest},
    {"opencv-linear", ResizeFilter::opencv_linear},     {"opencv-cubic", ResizeFilter::opencv_cubic},
    {"opencv-area", ResizeFilter::opencv_area},
};

constexpr std::pair<const char*, ChannelOrder> kOrders[] = {
    {"RGB", ChannelOrder::rgb},
    {"BGR", ChannelOrder::bgr},
    {"GRAY", ChannelOrder::gray},
};

constexpr std::pair<const char*, ChannelLayout> kLayouts[] = {
    {"NCHW", ChannelLayout::planar},
    {"NHWC", ChannelLayout::interleaved},
};

SourceBox source_box(Napi::Env env, Napi::Object plan, ResizeFilter filter, const PictureShape& source) {
    if (plan.Get("box").IsUndefined()) {
        return {0, 0, static_cast<double>(source.width), static_cast<double>(source.height)};
    }
    double box[4];
    numbers_property(env, plan, "box", box, 4);
    for (double& edge : box) {
        const bool is_right_kind = !is_of_opencv(filter) || edge == std::floor(edge);
        if (!is_right_kind) throw argument_error(env, "Expected box to be whole pixels for OpenCV's filters");
        // Single precision, as in Pillow: edges that coincide there enclose nothing.
        if (!is_of_opencv(filter)) edge = static_cast<float>(edge);
    }
    const bool is_inside = box[0] >= 0 && box[1] >= 0 && box[2] <= source.width && box[3] <= source.height;
    if (!is_inside || box[0] >= box[2] || box[1] >= box[3]) {
        throw argument_error(env, "Expected box to be a part of the source: left, top, right, bottom");
    }
    return {box[0], box[1], box[2], box[3]};
}

}  // namespace

PictureShape picture_shape(const Napi::CallbackInfo& info, size_t index) {
    const Napi::Env env = info.Env();
    const Napi::Object picture = object_argument(env, info[index], "source");
    return {whole_property(env, picture, "width", 1, kLargestSide), whole_property(env, picture, "height", 1, kLargestSide),
            whole_property(env, picture, "channels", 1, 4), picture.Get("data")};
}

ResizePlan resize_plan(Napi::Env env, Napi::Value value, const PictureShape& source) {
    const Napi::Object plan = object_argument(env, value, "resize");
    const ResizeFilter filter = choice_property(env, plan, "filter", kFilters);
    const int32_t width = whole_property(env, plan, "width", 1, kLargestSide);
    const int32_t height = whole_property(env, plan, "height", 1, kLargestSide);
    return {filter, width, height, source_box(env, plan, filter, source)};
}

Preparation preparation(const Napi::CallbackInfo& info, size_t index, const PictureShape& source) {
    const Napi::Env env = info.Env();
    const Napi::Object plan = object_argument(env, info[index], "preparation");
    if (source.channels != 3) throw argument_error(env, "Expected a source of 3 channels");
    Preparation result;
    const Napi::Value resize = plan.Get("resize");
    if (!resize.IsUndefined()) result.resize = resize_plan(env, resize, source);
    PackPlan& pack = result.pack;
    pack.canvas_width = whole_property(env, plan, "canvasWidth", 1, kLargestSide);
    pack.canvas_height = whole_property(env, plan, "canvasHeight", 1, kLargestSide);
    pack.x = whole_property(env, plan, "x", -kLargestSide, kLargestSide);
    pack.y = whole_property(env, plan, "y", -kLargestSide, kLargestSide);
    pack.order = choice_property(env, plan, "color", kOrders);
    pack.layout = choice_property(env, plan, "layout", kLayouts);
    numbers_property(env, plan, "pad", pack.pad, 3);
    // A gray picture has the first of each alone.
    for (int channel = 0; channel < 3; ++channel) pack.scale[channel] = pack.bias[channel] = 0;
    numbers_property(env, plan, "scale", pack.scale, pack.channels());
    numbers_property(env, plan, "bias", pack.bias, pack.channels());
    constexpr double largest_exact = 9007199254740991;
    const double offset = number_property(env, plan, "offset");
    if (offset < 0 || offset > largest_exact || offset != std::floor(offset)) {
        throw argument_error(env, "Expected offset to be a whole number of at least 0");
    }
    result.offset = static_cast<uint64_t>(offset);
    return result;
}

PictureView picture_view(Napi::Env env, const PictureShape& shape) {
    const ArrayView<uint8_t> data = array_value<uint8_t>(env, shape.data, "source.data");
    require_length(env, "source.data", data.length, "width * height * channels", shape.bytes());
    const size_t stride = static_cast<size_t>(shape.width) * shape.channels;
    return {data.data, shape.width, shape.height, shape.channels, stride, data.data + data.length};
}

}  // namespace enginery::kernels

#include "js_calibration.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "../../shared/native_error.h"
#include "../../shared/typed_view.h"
#include "batch_calibrator.h"
#include "js_batch_feed.h"

namespace enginery::tensorrt {
namespace {

struct Element {
    const char* name;
    size_t size;
    FloatKind kind;
};

constexpr Element kElements[] = {
    {"f32", 4, FloatKind::f32},  {"f16", 2, FloatKind::f16}, {"bf16", 2, FloatKind::bf16}, {"i64", 8, FloatKind::none},
    {"i32", 4, FloatKind::none}, {"i8", 1, FloatKind::none}, {"u8", 1, FloatKind::none},   {"bool", 1, FloatKind::none},
};

BatchInput read_input(Napi::Object object) {
    const std::string type = object.Get("type").As<Napi::String>();
    for (const Element& element : kElements) {
        if (type != element.name) continue;
        const auto bytes = static_cast<size_t>(object.Get("byteLength").As<Napi::Number>().Int64Value());
        return {object.Get("name").As<Napi::String>(), bytes, element.size, element.kind};
    }
    throw NativeError("NATIVE_ARGUMENT", "an input of element type " + type + " cannot be calibrated");
}

std::vector<BatchInput> read_inputs(Napi::Array array) {
    std::vector<BatchInput> inputs;
    for (uint32_t i = 0; i < array.Length(); i++) inputs.push_back(read_input(array.Get(i).As<Napi::Object>()));
    return inputs;
}

// Empty where the option is absent.
std::string read_bytes(Napi::Env env, Napi::Value value) {
    TypedView view;
    if (!typed_view_of(env, value, view)) return {};
    return {static_cast<const char*>(view.data), view.bytes};
}

double read_fraction(Napi::Object options, const char* name) {
    const Napi::Value value = options.Get(name);
    return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
}

Napi::Value to_array_buffer(Napi::Env env, const std::string& bytes) {
    if (bytes.empty()) return env.Null();
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes.size());
    std::memcpy(buffer.Data(), bytes.data(), bytes.size());
    return buffer;
}

}  // namespace

std::shared_ptr<JsCalibration> JsCalibration::open(Napi::Env env, Napi::Object options, BatchSource::OpenMemory open_memory) {
    const std::string kind = options.Get("kind").As<Napi::String>();
    const int32_t batch_size = options.Get("batchSize").As<Napi::Number>().Int32Value();
    auto slots = std::make_shared<BatchSlots>(read_inputs(options.Get("inputs").As<Napi::Array>()));
    std::string cache = read_bytes(env, options.Get("cache"));
    LegacyOptions legacy{read_fraction(options, "quantile"), read_fraction(options, "regressionCutoff"),
                         read_bytes(env, options.Get("histograms"))};

    // Last of what can fail: from here on, the destructor closes it.
    auto round_trip = JsRoundTrip::open(env, options.Get("fillBatch").As<Napi::Function>(), "TRT_CALIBRATION");
    auto feed = std::make_shared<JsBatchFeed>(round_trip, slots);
    auto source =
        std::make_shared<BatchSource>(batch_size, std::move(slots), std::move(feed), std::move(open_memory), std::move(cache));
    std::shared_ptr<JsCalibration> calibration(new JsCalibration(std::move(round_trip), source));
    if (kind == "entropy2") {
        calibration->calibrator_ = std::make_unique<BatchCalibrator<nvinfer1::IInt8EntropyCalibrator2>>(std::move(source));
    } else if (kind == "minMax") {
        calibration->calibrator_ = std::make_unique<BatchCalibrator<nvinfer1::IInt8MinMaxCalibrator>>(std::move(source));
    } else if (kind == "entropy") {
        calibration->calibrator_ = std::make_unique<BatchCalibrator<nvinfer1::IInt8EntropyCalibrator>>(std::move(source));
    } else if (kind == "legacy") {
        auto calibrator = std::make_unique<LegacyCalibrator>(std::move(source), std::move(legacy));
        calibration->legacy_ = calibrator.get();
        calibration->calibrator_ = std::move(calibrator);
    } else {
        throw NativeError("NATIVE_ARGUMENT", "there is no calibrator of the kind " + kind);
    }
    return calibration;
}

JsCalibration::JsCalibration(std::shared_ptr<JsRoundTrip> round_trip, std::shared_ptr<BatchSource> source)
    : round_trip_(std::move(round_trip)), source_(std::move(source)) {}

JsCalibration::~JsCalibration() {
    round_trip_->close();
}

std::optional<NativeError> JsCalibration::end() noexcept {
    try {
        failure_ = round_trip_->failure();
    } catch (const std::bad_alloc&) {
        failure_ = NativeError("NATIVE_MEMORY", "");  // too short to be allocated
    }
    source_->release();
    return failure_;
}

Napi::Object JsCalibration::results(Napi::Env env) const {
    Napi::Object object = Napi::Object::New(env);
    object.Set("batches", static_cast<double>(source_->batches()));
    object.Set("cacheWasRead", source_->read_cache_was_asked());
    object.Set("cache", failure_ ? env.Null() : to_array_buffer(env, source_->written_cache()));
    object.Set("histograms", legacy_ == nullptr || failure_ ? env.Null() : to_array_buffer(env, legacy_->written_histograms()));
    return object;
}

}  // namespace enginery::tensorrt

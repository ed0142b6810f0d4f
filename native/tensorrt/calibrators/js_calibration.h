#pragma once

#include <NvInfer.h>
#include <napi.h>

#include <memory>
#include <optional>

#include "../../shared/js_round_trip.h"
#include "../staging/batch_source.h"
#include "legacy_calibrator.h"

namespace enginery::tensorrt {

// The calibrator of one build: batches that JavaScript fills, for TensorRT to ask for.
//
// Made on the JavaScript thread, used by the thread of the build, destroyed on any. NativeCalibration in
// lib/native/tensorrt-calibration.ts says what the options are.
class JsCalibration {
public:
    // JavaScript thread.
    static std::shared_ptr<JsCalibration> open(Napi::Env env, Napi::Object options, BatchSource::OpenMemory open_memory);
    ~JsCalibration();
    JsCalibration(const JsCalibration&) = delete;
    JsCalibration& operator=(const JsCalibration&) = delete;

    // Lives as long as this.
    nvinfer1::IInt8Calibrator& calibrator() noexcept { return *calibrator_; }

    // Any thread: wakes the build where it waits for a batch. The first failure is kept.
    void fail(NativeError failure) noexcept { round_trip_->fail(std::move(failure)); }
    bool has_failed() const noexcept { return round_trip_->has_failed(); }

    // Thread of the build, when TensorRT is done with the calibrator: gives memory back and says what had failed. Then
    // nothing that was built counts, even where TensorRT was content.
    std::optional<NativeError> end() noexcept;

    // JavaScript thread, after end(). What the callback threw, where that was the first failure; else empty.
    Napi::Value thrown(Napi::Env) const { return failure_ ? round_trip_->thrown() : Napi::Value(); }
    // The same: NativeCalibrationResult.
    Napi::Object results(Napi::Env env) const;

private:
    JsCalibration(std::shared_ptr<JsRoundTrip> round_trip, std::shared_ptr<BatchSource> source);

    std::shared_ptr<JsRoundTrip> round_trip_;
    std::shared_ptr<BatchSource> source_;
    std::unique_ptr<nvinfer1::IInt8Calibrator> calibrator_;
    const LegacyCalibrator* legacy_ = nullptr;  // the same object, where it is one
    std::optional<NativeError> failure_;        // as end() found it
};

}  // namespace enginery::tensorrt

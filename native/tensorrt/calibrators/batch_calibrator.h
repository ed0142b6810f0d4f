#pragma once

#include <NvInfer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "../staging/batch_source.h"

namespace enginery::tensorrt {

// A calibrator of TensorRT 10 over our batches. `Interface` is one of TensorRT's: which one decides how ranges are found,
// and none of them differs in what it asks us for.
template <typename Interface>
class BatchCalibrator : public Interface {
public:
    explicit BatchCalibrator(std::shared_ptr<BatchSource> source) : source_(std::move(source)) {}

    int32_t getBatchSize() const noexcept override { return source_->batch_size(); }

    bool getBatch(void* bindings[], const char* names[], int32_t count) noexcept override {
        return source_->next(bindings, names, count);
    }

    const void* readCalibrationCache(size_t& length) noexcept override { return source_->read_cache(length); }

    void writeCalibrationCache(const void* data, size_t length) noexcept override { source_->write_cache(data, length); }

private:
    std::shared_ptr<BatchSource> source_;
};

}  // namespace enginery::tensorrt

#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

struct RecordedError {
    std::string code;
    std::string text;
};

// Errors as TensorRT records them, with codes. TensorRT calls it from its own threads.
class ErrorRecorder final : public nvinfer1::IErrorRecorder {
public:
    int32_t getNbErrors() const noexcept override;
    nvinfer1::ErrorCode getErrorCode(int32_t index) const noexcept override;
    ErrorDesc getErrorDesc(int32_t index) const noexcept override;
    bool hasOverflowed() const noexcept override { return overflowed_.load(); }
    void clear() noexcept override;
    // Answers whether the error is fatal; TensorRT's own judgement is enough.
    bool reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept override;
    // It lives on the stack of the build, longer than all that it is given to.
    RefCount incRefCount() noexcept override { return ++references_; }
    RefCount decRefCount() noexcept override { return --references_; }

    std::vector<RecordedError> errors() const;

private:
    struct Entry {
        nvinfer1::ErrorCode code;
        std::string text;
    };
    static constexpr size_t kMaxErrors = 1000;

    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
    std::atomic<bool> overflowed_{false};
    std::atomic<int32_t> references_{0};
};

}  // namespace enginery::tensorrt

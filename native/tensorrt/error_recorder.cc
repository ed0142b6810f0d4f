#include "error_recorder.h"

#include "option_names.h"

namespace enginery::tensorrt {

int32_t ErrorRecorder::getNbErrors() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<int32_t>(entries_.size());
}

nvinfer1::ErrorCode ErrorRecorder::getErrorCode(int32_t index) const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = static_cast<size_t>(index);
    return index < 0 || at >= entries_.size() ? nvinfer1::ErrorCode::kINVALID_ARGUMENT : entries_[at].code;
}

nvinfer1::IErrorRecorder::ErrorDesc ErrorRecorder::getErrorDesc(int32_t index) const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = static_cast<size_t>(index);
    return index < 0 || at >= entries_.size() ? "" : entries_[at].text.c_str();
}

void ErrorRecorder::clear() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.clear();
    overflowed_.store(false);
}

bool ErrorRecorder::reportError(nvinfer1::ErrorCode code, ErrorDesc text) noexcept {
    try {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (entries_.size() < kMaxErrors) {
            entries_.push_back({code, text != nullptr ? text : ""});
        } else {
            overflowed_.store(true);
        }
    } catch (...) {
        overflowed_.store(true);
    }
    return false;
}

std::vector<RecordedError> ErrorRecorder::errors() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<RecordedError> errors;
    for (const Entry& entry : entries_) errors.push_back({error_code_name(entry.code), entry.text});
    return errors;
}

}  // namespace enginery::tensorrt

#include "legacy_calibrator.h"

#include <new>
#include <utility>

namespace enginery::tensorrt {

LegacyCalibrator::LegacyCalibrator(std::shared_ptr<BatchSource> source, LegacyOptions options)
    : BatchCalibrator(std::move(source)), options_(std::move(options)) {}

const void* LegacyCalibrator::readHistogramCache(size_t& length) noexcept {
    length = options_.histograms.size();
    return options_.histograms.empty() ? nullptr : options_.histograms.data();
}

void LegacyCalibrator::writeHistogramCache(const void* data, size_t length) noexcept {
    try {
        written_.assign(static_cast<const char*>(data), length);
    } catch (const std::bad_alloc&) {
        // Only saves time at the next calibration: without memory for it there is none.
        written_.clear();
    }
}

}  // namespace enginery::tensorrt

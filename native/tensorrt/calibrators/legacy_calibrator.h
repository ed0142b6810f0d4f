#pragma once

#include <string>

#include "batch_calibrator.h"

namespace enginery::tensorrt {

struct LegacyOptions {
    double quantile = 0;           // 0 to 1
    double regression_cutoff = 0;  // 0 to 1
    std::string histograms;        // as an earlier calibration wrote them; empty where there are none
};

// The oldest calibrator: cuts ranges at a quantile, or where a regression says, and keeps its histograms so that other
// cuts can be tried without the batches.
class LegacyCalibrator final : public BatchCalibrator<nvinfer1::IInt8LegacyCalibrator> {
public:
    LegacyCalibrator(std::shared_ptr<BatchSource> source, LegacyOptions options);

    double getQuantile() const noexcept override { return options_.quantile; }
    double getRegressionCutoff() const noexcept override { return options_.regression_cutoff; }
    const void* readHistogramCache(size_t& length) noexcept override;
    void writeHistogramCache(const void* data, size_t length) noexcept override;

    const std::string& written_histograms() const noexcept { return written_; }

private:
    LegacyOptions options_;
    std::string written_;
};

}  // namespace enginery::tensorrt

#include "calling_order.h"

#include <thread>

namespace enginery::tensorrt {
namespace {

using Clock = std::chrono::steady_clock;

std::string to_text(const void* data, size_t length) {
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), length);
}

void call_before_batches(nvinfer1::IInt8Calibrator& calibrator, CallerReport& report) {
    report.interface_name = calibrator.getInterfaceInfo().kind;
    report.algorithm = static_cast<int>(calibrator.getAlgorithm());
    report.batch_size = calibrator.getBatchSize();
    size_t length = 1;
    const void* cache = calibrator.readCalibrationCache(length);
    report.cache_read = to_text(cache, length);
    if (auto* legacy = dynamic_cast<nvinfer1::IInt8LegacyCalibrator*>(&calibrator)) {
        report.quantile = legacy->getQuantile();
        report.regression_cutoff = legacy->getRegressionCutoff();
        length = 1;
        const void* histograms = legacy->readHistogramCache(length);
        report.histograms_read = to_text(histograms, length);
    }
}

// False where there is no further batch.
bool take_batch(nvinfer1::IInt8Calibrator& calibrator, const CallerOptions& options, StandInDownload download, bool keep_bytes,
                CallerReport& report) {
    std::vector<const char*> names;
    for (const std::string& name : options.names) names.push_back(name.c_str());
    std::vector<void*> bindings(names.size(), nullptr);
    const auto began = Clock::now();
    const bool has_batch = calibrator.getBatch(bindings.data(), names.data(), static_cast<int32_t>(names.size()));
    report.waits.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    if (!has_batch) return false;
    std::this_thread::sleep_for(options.work);
    report.batches.emplace_back();
    for (size_t i = 0; keep_bytes && i < bindings.size(); i++) {
        std::string bytes(options.bytes[i], '\0');
        if (download(bytes.data(), reinterpret_cast<size_t>(bindings[i]), bytes.size()) != 0) {
            report.fault = "the memory of " + options.names[i] + " is none of the device's";
        }
        report.batches.back().push_back(std::move(bytes));
    }
    return true;
}

}  // namespace

CallerReport call_calibrator(nvinfer1::IInt8Calibrator& calibrator, const CallerOptions& options, StandInDownload download,
                             bool keep_bytes) {
    CallerReport report;
    call_before_batches(calibrator, report);
    // As TensorRT does: a cache makes batches unnecessary.
    if (!report.cache_read.empty()) return report;
    while (take_batch(calibrator, options, download, keep_bytes, report)) {
        if (report.batches.size() == options.most_batches) return report;
    }
    if (auto* legacy = dynamic_cast<nvinfer1::IInt8LegacyCalibrator*>(&calibrator)) {
        const std::string histograms = "histograms of " + std::to_string(report.batches.size()) + " batches";
        legacy->writeHistogramCache(histograms.data(), histograms.size());
    }
    calibrator.writeCalibrationCache(options.cache.data(), options.cache.size());
    return report;
}

}  // namespace enginery::tensorrt

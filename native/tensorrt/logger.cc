#include "logger.h"

#include <algorithm>
#include <cstring>

namespace enginery::tensorrt {
namespace {

thread_local LogCapture* current_capture = nullptr;

struct Captures {
    std::mutex mutex;
    std::vector<LogCapture*> alive;
};

Captures& captures() {
    static auto* all = new Captures;
    return *all;
}

bool tells_of_layers(const char* text) {
    static constexpr char kHead[] = "Layers:\n";
    return std::strncmp(text, kHead, sizeof(kHead) - 1) == 0;
}

const char* severity_name(nvinfer1::ILogger::Severity severity) {
    using Severity = nvinfer1::ILogger::Severity;
    switch (severity) {
        case Severity::kINTERNAL_ERROR: return "internal-error";
        case Severity::kERROR: return "error";
        case Severity::kWARNING: return "warning";
        case Severity::kINFO: return "info";
        default: return "verbose";
    }
}

}  // namespace

LogCapture::LogCapture(nvinfer1::ILogger::Severity least) : least_(least), outer_(current_capture) {
    current_capture = this;
    const std::lock_guard<std::mutex> lock(captures().mutex);
    captures().alive.push_back(this);
}

LogCapture::~LogCapture() {
    current_capture = outer_;
    const std::lock_guard<std::mutex> lock(captures().mutex);
    auto& alive = captures().alive;
    alive.erase(std::remove(alive.begin(), alive.end(), this), alive.end());
}

std::vector<LogLine> LogCapture::take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::move(lines_);
}

std::string LogCapture::take_layers() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::move(layers_);
}

void LogCapture::add(nvinfer1::ILogger::Severity severity, const char* text, bool of_any_build) {
    if (!of_any_build && tells_of_layers(text)) {
        const std::lock_guard<std::mutex> lock(mutex_);
        layers_ = text;
    }
    if (severity > least_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.size() < kMaxLines) lines_.push_back({severity_name(severity), text, of_any_build});
}

ProcessLogger& ProcessLogger::instance() {
    static auto* logger = new ProcessLogger;
    return *logger;
}

void ProcessLogger::log(Severity severity, const char* text) noexcept {
    try {
        const char* line = text != nullptr ? text : "";
        if (current_capture != nullptr) {
            current_capture->add(severity, line, false);
            return;
        }
        const std::lock_guard<std::mutex> lock(captures().mutex);
        for (LogCapture* capture : captures().alive) capture->add(severity, line, true);
    } catch (...) {
        // Memory for a line of a log is no reason to end the process.
    }
}

}  // namespace enginery::tensorrt

#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

struct LogLine {
    std::string severity;  // internal-error, error, warning, info, verbose
    std::string text;
    // Written by a thread of TensorRT's own: it may belong to another build of this process.
    bool of_any_build = false;
};

// Collects TensorRT's log lines for as long as it lives: those of its own thread, and those of threads that belong to no
// capture, which go to every capture alive. TensorRT has one logger in a process, so this is what tells builds apart.
class LogCapture {
public:
    explicit LogCapture(nvinfer1::ILogger::Severity least);
    ~LogCapture();
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    std::vector<LogLine> take();

    // What the builder wrote of the layers of the engine that it made, below any severity that is kept; empty where it wrote
    // nothing. With detailed profiling verbosity it does, as its last word on optimization.
    std::string take_layers();

private:
    friend class ProcessLogger;
    void add(nvinfer1::ILogger::Severity severity, const char* text, bool of_any_build);

    // A build in verbose mode writes a line for each tactic of each layer.
    static constexpr size_t kMaxLines = 20'000;

    std::mutex mutex_;
    std::vector<LogLine> lines_;
    std::string layers_;
    nvinfer1::ILogger::Severity least_;
    LogCapture* outer_;
};

// The one logger that every object of TensorRT in this process is made with.
class ProcessLogger final : public nvinfer1::ILogger {
public:
    static ProcessLogger& instance();
    void log(Severity severity, const char* text) noexcept override;
};

}  // namespace enginery::tensorrt

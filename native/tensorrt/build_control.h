#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "line.h"

namespace enginery::tensorrt {

struct BuildEvent {
    enum class Kind { kStart, kStep, kFinish };
    Kind kind;
    std::string phase;
    std::string parent;  // of kStart; empty for the outermost
    int step = 0;        // of kStep, from 0
    int steps = 0;       // of kStart
};

// Between a build on its thread and whoever asked for it: whether to go on, and where it is.
class BuildControl {
public:
    using Listener = std::function<void(BuildEvent)>;

    explicit BuildControl(Listener listener) : listener_(std::move(listener)) {}

    // Any thread. TensorRT asks after every step; between steps it cannot be stopped.
    void cancel() noexcept { cancelled_.store(true); }
    bool cancelled() const noexcept { return cancelled_.load(); }

    // Asked after every step besides: for what fails beside the build. Before the build begins.
    void stop_when(std::function<bool()> condition) { condition_ = std::move(condition); }
    bool should_stop() const noexcept;

    void tell(BuildEvent event) noexcept;

private:
    Listener listener_;
    std::function<bool()> condition_;
    std::atomic<bool> cancelled_{false};
};

// TensorRT's view of it. Called from threads of TensorRT's own too.
class ProgressMonitor final : public nvinfer1::IProgressMonitor {
public:
    explicit ProgressMonitor(BuildControl& control) : control_(control) {}
    void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override;
    bool stepComplete(const char* phase, int32_t step) noexcept override;
    void phaseFinish(const char* phase) noexcept override;

private:
    BuildControl& control_;
};

}  // namespace enginery::tensorrt

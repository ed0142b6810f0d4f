#include "build_control.h"

#include <utility>

namespace enginery::tensorrt {

void BuildControl::tell(BuildEvent event) noexcept {
    try {
        if (listener_) listener_(std::move(event));
    } catch (...) {
        // A lost line of progress is no reason to stop a build.
    }
}

bool BuildControl::should_stop() const noexcept {
    try {
        return cancelled() || (condition_ && condition_());
    } catch (...) {
        return true;
    }
}

void ProgressMonitor::phaseStart(const char* phase, const char* parent, int32_t steps) noexcept {
    try {
        control_.tell({BuildEvent::Kind::kStart, phase, parent != nullptr ? parent : "", 0, steps});
    } catch (...) {
    }
}

bool ProgressMonitor::stepComplete(const char* phase, int32_t step) noexcept {
    try {
        control_.tell({BuildEvent::Kind::kStep, phase, "", step, 0});
    } catch (...) {
    }
    return !control_.should_stop();
}

void ProgressMonitor::phaseFinish(const char* phase) noexcept {
    try {
        control_.tell({BuildEvent::Kind::kFinish, phase, "", 0, 0});
    } catch (...) {
    }
}

}  // namespace enginery::tensorrt

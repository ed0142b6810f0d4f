#include "round_trip_core.h"

#include <chrono>
#include <utility>

namespace enginery {

RoundTripCore::Ticket RoundTripCore::begin() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ++asked_;
}

bool RoundTripCore::wait(Ticket question) noexcept {
    std::unique_lock<std::mutex> lock(mutex_);
    // Not the wait without a limit: its symbol is of GLIBCXX_3.4.30, above what addons may ask of a system.
    while (!failure_ && answered_ != question) changed_.wait_for(lock, std::chrono::hours(1));
    return !failure_;
}

bool RoundTripCore::answer(Ticket question) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_ || question != asked_ || answered_ == question) return false;
    answered_ = question;
    changed_.notify_all();
    return true;
}

bool RoundTripCore::fail(NativeError failure) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_) return false;
    failure_.emplace(std::move(failure));
    changed_.notify_all();
    return true;
}

bool RoundTripCore::is_open(Ticket question) const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return !failure_ && question == asked_ && answered_ != question;
}

bool RoundTripCore::has_failed() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_.has_value();
}

std::optional<NativeError> RoundTripCore::failure() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
}

}  // namespace enginery

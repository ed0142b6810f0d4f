#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "native_error.h"

namespace enginery {

// Where an engine's thread waits for what another thread answers. Knows no Node-API, so that ThreadSanitizer can test it.
//
// One question at a time. The first failure is kept and is final: the question that waits, and every later one, fails at
// once. Whoever answers may do so late or twice: only the first answer to the question that is open counts.
class RoundTripCore {
public:
    using Ticket = uint64_t;

    // Engine thread: opens a question, before the other side is told of it.
    Ticket begin() noexcept;

    // Engine thread: true when the question was answered, false after a failure. What the answering thread wrote before
    // it answered is seen by this one.
    bool wait(Ticket question) noexcept;

    // Any thread. False where the question is not open (any more): the answer does not count.
    bool answer(Ticket question) noexcept;

    // Any thread. True for the first failure, which is the one that is kept.
    bool fail(NativeError failure) noexcept;

    // Any thread.
    bool is_open(Ticket question) const noexcept;
    bool has_failed() const noexcept;
    std::optional<NativeError> failure() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Ticket asked_ = 0;
    Ticket answered_ = 0;
    std::optional<NativeError> failure_;
};

}  // namespace enginery

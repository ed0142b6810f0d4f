#pragma once

#include <optional>

#include "../../shared/native_error.h"

namespace enginery::tensorrt {

// Who fills the slots, as the engine's thread sees it: JavaScript, or a thread in tests.
class BatchFeed {
public:
    enum class Outcome { batch, end, failed };

    virtual ~BatchFeed() = default;

    // Asks for the slot that is open to be filled, and returns at once.
    virtual void request() noexcept = 0;
    // Waits until that has happened, or will not.
    virtual Outcome wait() noexcept = 0;

    // The first failure of either side is kept, and nothing is asked any more. Any thread.
    virtual void fail(NativeError failure) noexcept = 0;
    virtual std::optional<NativeError> failure() const = 0;
};

}  // namespace enginery::tensorrt

#pragma once

#include <memory>

#include "../../shared/js_round_trip.h"
#include "../staging/batch_feed.h"
#include "../staging/batch_slots.h"

namespace enginery::tensorrt {

// Has a JavaScript function fill the slots. It is called with a function that appends elements, and answers, at once or by
// a promise, true when the batch is full and false when there are no more.
class JsBatchFeed final : public BatchFeed {
public:
    JsBatchFeed(std::shared_ptr<JsRoundTrip> round_trip, std::shared_ptr<BatchSlots> slots);

    void request() noexcept override;
    Outcome wait() noexcept override;
    void fail(NativeError failure) noexcept override { round_trip_->fail(std::move(failure)); }
    std::optional<NativeError> failure() const override { return round_trip_->failure(); }

private:
    std::shared_ptr<JsRoundTrip> round_trip_;
    std::shared_ptr<BatchSlots> slots_;
    // Written on the JavaScript thread before the answer counts, read by the one that waited for it.
    std::shared_ptr<bool> has_batch_ = std::make_shared<bool>(false);
};

}  // namespace enginery::tensorrt

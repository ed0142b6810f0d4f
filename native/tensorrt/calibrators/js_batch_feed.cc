#include "js_batch_feed.h"

#include <utility>
#include <vector>

#include "../../shared/js_error.h"
#include "../../shared/typed_view.h"

namespace enginery::tensorrt {
namespace {

// append(input, view): index in the view of the first element that is infinite or NaN, else -1.
Napi::Value append(const Napi::CallbackInfo& info, BatchSlots& slots) {
    const Napi::Env env = info.Env();
    return guarded(env, "TRT_CALIBRATION", [&]() -> Napi::Value {
        TypedView view;
        if (!info[0].IsNumber() || !typed_view_of(env, info[1], view)) {
            throw NativeError("NATIVE_ARGUMENT", "append takes the index of an input and a view of its next elements");
        }
        const size_t found = slots.append(info[0].As<Napi::Number>().Uint32Value(), view.data, view.bytes);
        return Napi::Number::New(env, found == kAllFinite ? -1 : static_cast<double>(found));
    });
}

}  // namespace

JsBatchFeed::JsBatchFeed(std::shared_ptr<JsRoundTrip> round_trip, std::shared_ptr<BatchSlots> slots)
    : round_trip_(std::move(round_trip)), slots_(std::move(slots)) {}

void JsBatchFeed::request() noexcept {
    const auto slots = slots_;
    const auto has_batch = has_batch_;
    round_trip_->ask({[slots](Napi::Env env) -> std::vector<napi_value> {
                          return {Napi::Function::New(
                              env, [slots](const Napi::CallbackInfo& info) { return append(info, *slots); }, "append")};
                      },
                      [slots, has_batch](Napi::Value answer) {
                          if (!answer.IsBoolean()) {
                              throw NativeError("NATIVE_ARGUMENT", "expected true for a batch, or false when there are no more");
                          }
                          const bool is_full = answer.As<Napi::Boolean>();
                          if (is_full) slots->complete();
                          *has_batch = is_full;
                      }});
}

BatchFeed::Outcome JsBatchFeed::wait() noexcept {
    if (!round_trip_->wait()) return Outcome::failed;
    return *has_batch_ ? Outcome::batch : Outcome::end;
}

}  // namespace enginery::tensorrt

#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "completion_channel.h"
#include "environment.h"
#include "round_trip_core.h"

namespace enginery {

// Questions from an engine's thread to a JavaScript callback, which may answer by a promise.
//
// A throw, a rejection, an answer that is not accepted, fail() and the end of the environment (a worker that is
// terminated) wake the waiting thread; what JavaScript threw first is kept for the `cause` of what is rejected. When the
// process exits nobody is woken: the waiting thread is background work (background_work.h), and goes with the process.
//
// The engine's thread must be one of its own and never of libuv's pool: the callback may need that pool to answer.
class JsRoundTrip final : public Interruptible, public std::enable_shared_from_this<JsRoundTrip> {
public:
    struct Question {
        // Both run on the JavaScript thread. What they throw fails the round trip.
        std::function<std::vector<napi_value>(Napi::Env)> arguments;
        std::function<void(Napi::Value)> accept;
    };

    // `code` is that of the failure when the callback throws. JavaScript thread.
    static std::shared_ptr<JsRoundTrip> open(Napi::Env env, Napi::Function callback, const char* code);

    // Engine thread. Returns at once, so that the thread can do something until it waits.
    void ask(Question question) noexcept;
    // Engine thread: true when `accept` took the answer to what was asked last.
    bool wait() noexcept;

    // Any thread. `true` where nothing had failed before.
    bool fail(NativeError failure) noexcept { return core_.fail(std::move(failure)); }
    bool has_failed() const noexcept { return core_.has_failed(); }
    std::optional<NativeError> failure() const { return core_.failure(); }

    // JavaScript thread: what was thrown or rejected with, where that was the first failure; else empty.
    Napi::Value thrown() const;

    // Any thread: nothing is asked any more, and what JavaScript handed over may be collected.
    void close() noexcept;

    void interrupt() noexcept override;
    // What JavaScript still does for a question writes to nothing of the environment.
    void wait_until_idle() noexcept override {}

private:
    class Asked;
    class Closed;

    JsRoundTrip(Napi::Env env, Napi::Function callback, const char* code);

    void call(Napi::Env env, RoundTripCore::Ticket ticket, const std::shared_ptr<const Question>& question);
    void settle(Napi::Env env, RoundTripCore::Ticket ticket, const Question& question, Napi::Value answer) noexcept;
    void fail_with(Napi::Env env, RoundTripCore::Ticket ticket, Napi::Value thrown) noexcept;
    void drop_references() noexcept;

    std::shared_ptr<CompletionChannel> channel_;
    RoundTripCore core_;
    RoundTripCore::Ticket asked_ = 0;  // engine thread
    const char* code_;
    // JavaScript thread alone, from here on.
    Napi::FunctionReference callback_;
    Napi::ObjectReference thrown_;  // an array of one: a value that was thrown need not be an object
};

}  // namespace enginery

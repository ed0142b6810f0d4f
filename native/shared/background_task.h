#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "background_work.h"
#include "completion_channel.h"
#include "environment.h"
#include "js_error.h"

namespace enginery {

// One long call on a thread of its own, answered by a promise.
//
// Never the libuv pool: four concurrent builds would take all of its threads, and a callback that
// reads a file would then wait for ever. `work` touches no JavaScript; `convert` runs on the
// JavaScript thread. If the environment ends first, the result is destroyed on the thread.
template <typename Result>
class BackgroundTask final : public Completion {
public:
    using Work = std::function<Result()>;
    using Convert = std::function<Napi::Value(Napi::Env, Result&)>;

    static Napi::Value start(Napi::Env env, const char* failure_code, Work work, Convert convert) {
        auto channel = Environment::of(env).channel();
        std::unique_ptr<BackgroundTask> task(new BackgroundTask(env, channel, failure_code, std::move(convert)));
        Napi::Promise promise = task->deferred_.Promise();
        channel->begin_operation();
        try {
            BackgroundWork::run_on_thread([task = task.get(), work = std::move(work)]() mutable { task->run(std::move(work)); });
            task.release();  // the thread owns it now
        } catch (const std::system_error& error) {
            channel->end_operation();
            throw NativeError("NATIVE_MEMORY", std::string("a thread could not be started: ") + error.what());
        } catch (...) {
            channel->end_operation();
            throw;
        }
        return promise;
    }

    void complete(Napi::Env env) override {
        channel_->end_operation();
        if (error_) {
            deferred_.Reject(to_js_error(env, *error_).Value());
            return;
        }
        try {
            deferred_.Resolve(convert_(env, *result_));
        } catch (const Napi::Error& error) {
            deferred_.Reject(error.Value());
        } catch (...) {
            deferred_.Reject(to_js_error(env, current_exception_as_native(failure_code_)).Value());
        }
    }

private:
    BackgroundTask(Napi::Env env, std::shared_ptr<CompletionChannel> channel, const char* failure_code, Convert convert)
        : deferred_(Napi::Promise::Deferred::New(env)),
          channel_(std::move(channel)),
          failure_code_(failure_code),
          convert_(std::move(convert)) {}

    void run(Work work) noexcept {
        std::unique_ptr<Completion> self(this);
        auto channel = channel_;
        try {
            result_.emplace(work());
        } catch (...) {
            error_.emplace(current_exception_as_native(failure_code_));
        }
        work = nullptr;  // what it captured may be large: gone before JavaScript hears of the result
        channel->post(std::move(self));
    }

    Napi::Promise::Deferred deferred_;
    std::shared_ptr<CompletionChannel> channel_;
    const char* failure_code_;
    Convert convert_;
    std::optional<Result> result_;
    std::optional<NativeError> error_;
};

// For work without a result.
struct Nothing {};

inline Napi::Value start_void_task(Napi::Env env, const char* failure_code, std::function<void()> work) {
    return BackgroundTask<Nothing>::start(
        env, failure_code,
        [work = std::move(work)]() mutable {
            work();
            work = nullptr;
            return Nothing{};
        },
        [](Napi::Env env, Nothing&) { return env.Undefined(); });
}

}  // namespace enginery

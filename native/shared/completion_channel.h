#pragma once

#include <napi.h>

#include <memory>
#include <mutex>

namespace enginery {

// Something to finish on the JavaScript thread.
class Completion {
public:
    virtual ~Completion() = default;
    // Called once on the JavaScript thread, in a handle scope. May throw Napi::Error (becomes an
    // uncaught exception there, as an exception in a callback should).
    virtual void complete(Napi::Env env) = 0;
};

// The one way from engine threads into a JavaScript environment. One per environment; outlives it.
//
// post() is safe from any thread at any time: after the environment ended it hands the completion
// back, so nothing is called and nothing is lost.
class CompletionChannel {
public:
    static std::shared_ptr<CompletionChannel> open(Napi::Env env);
    ~CompletionChannel() = default;
    CompletionChannel(const CompletionChannel&) = delete;
    CompletionChannel& operator=(const CompletionChannel&) = delete;

    // Any thread. Returns the completion if the environment is gone, else null.
    std::unique_ptr<Completion> post(std::unique_ptr<Completion> completion);

    // JavaScript thread: keep the event loop alive between the two.
    void begin_operation();
    void end_operation();

    // JavaScript thread, when the environment ends.
    void close();

private:
    explicit CompletionChannel(Napi::Env env) : env_(env) {}
    static void deliver(napi_env env, napi_value js_callback, void* context, void* data) noexcept;

    napi_env env_;
    napi_threadsafe_function function_ = nullptr;
    std::mutex mutex_;
    bool closed_ = false;
    size_t operations_ = 0;
};

}  // namespace enginery

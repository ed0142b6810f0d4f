#include "completion_channel.h"

#include <utility>

namespace enginery {

std::shared_ptr<CompletionChannel> CompletionChannel::open(Napi::Env env) {
    std::shared_ptr<CompletionChannel> channel(new CompletionChannel(env));
    const napi_status status =
        napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "enginery"), 0, 1, nullptr, nullptr,
                                        nullptr, &CompletionChannel::deliver, &channel->function_);
    if (status != napi_ok) throw Napi::Error::New(env);
    napi_unref_threadsafe_function(env, channel->function_);
    return channel;
}

std::unique_ptr<Completion> CompletionChannel::post(std::unique_ptr<Completion> completion) {
    // The lock keeps close() out: a thread-safe function must not be called once it is gone.
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return completion;
    if (napi_call_threadsafe_function(function_, completion.get(), napi_tsfn_nonblocking) == napi_ok) completion.release();
    return completion;
}

void CompletionChannel::begin_operation() {
    if (operations_++ == 0 && !closed_) napi_ref_threadsafe_function(env_, function_);
}

void CompletionChannel::end_operation() {
    if (--operations_ == 0 && !closed_) napi_unref_threadsafe_function(env_, function_);
}

void CompletionChannel::close() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    closed_ = true;
    napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void CompletionChannel::deliver(napi_env env, napi_value, void*, void* data) noexcept {
    std::unique_ptr<Completion> completion(static_cast<Completion*>(data));
    if (env == nullptr) return;  // the environment is being torn down
    try {
        const Napi::HandleScope scope(env);
        try {
            completion->complete(env);
        } catch (const Napi::Error& error) {
            // Thrown from here, Node would only warn of it (DEP0168).
            napi_fatal_exception(env, error.Value());
        } catch (...) {
            napi_fatal_exception(env, Napi::Error::New(env, "enginery: a completion failed").Value());
        }
    } catch (const Napi::Error&) {
        // A worker that is being terminated lets nothing be called and nothing be thrown.
    }
}

}  // namespace enginery

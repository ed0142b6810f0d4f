#include "pool_work.h"

#include <exception>
#include <memory>

#include "typed_arguments.h"

namespace enginery::kernels {

Napi::Value PoolWork::start(Napi::Env env, std::vector<Napi::Value> kept, std::function<void()> work) {
    return queue(env, kept, [work = std::move(work)]() -> std::optional<bool> {
        work();
        return std::nullopt;
    });
}

Napi::Value PoolWork::ask(Napi::Env env, std::vector<Napi::Value> kept, std::function<bool()> work) {
    return queue(env, kept, std::move(work));
}

Napi::Value PoolWork::queue(Napi::Env env, const std::vector<Napi::Value>& kept, Work work) {
    std::unique_ptr<PoolWork> self(new PoolWork(env, std::move(work)));
    for (const Napi::Value& value : kept) self->kept_.push_back(Napi::Reference<Napi::Value>::New(value, 1));
    const Napi::Promise promise = self->deferred_.Promise();
    const auto name = Napi::String::New(env, "enginery.kernels");
    if (napi_create_async_work(env, nullptr, name, execute, complete, self.get(), &self->handle_) != napi_ok) {
        throw Napi::Error::New(env);
    }
    if (napi_queue_async_work(env, self->handle_) != napi_ok) {
        napi_delete_async_work(env, self->handle_);
        throw Napi::Error::New(env);
    }
    self.release();  // complete() takes it back
    return promise;
}

void PoolWork::execute(napi_env, void* raw) noexcept {
    auto* self = static_cast<PoolWork*>(raw);
    try {
        self->answer_ = self->work_();
    } catch (const std::bad_alloc&) {
        self->failure_ = "intermediate results did not fit";
    } catch (const std::exception& error) {
        self->failure_ = error.what();
    }
}

void PoolWork::complete(napi_env env, napi_status status, void* raw) noexcept {
    const std::unique_ptr<PoolWork> self(static_cast<PoolWork*>(raw));
    napi_delete_async_work(env, self->handle_);
    // The environment is ending: nobody is left to tell.
    if (status == napi_cancelled) return;
    try {
        if (!self->failure_.empty()) self->deferred_.Reject(memory_error(env, self->failure_).Value());
        else if (self->answer_) self->deferred_.Resolve(Napi::Boolean::New(env, *self->answer_));
        else self->deferred_.Resolve(Napi::Env(env).Undefined());
    } catch (const Napi::Error&) {
        // Nor here: JavaScript no longer runs.
    }
}

}  // namespace enginery::kernels

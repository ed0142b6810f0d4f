#pragma once

#include <napi.h>

#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace enginery::kernels {

// A short computation on libuv's pool, answered by a promise.
//
// The arrays it works on are kept from being collected until it is done. An ending environment (a worker that is
// terminated, a process that exits) waits for it: Node counts such work, and its memory is there until then.
// Computations here take milliseconds and never wait, so they do no harm in the pool that files are read with.
class PoolWork {
public:
    // `work` touches no JavaScript.
    static Napi::Value start(Napi::Env env, std::vector<Napi::Value> kept, std::function<void()> work);

private:
    PoolWork(Napi::Env env, std::function<void()> work) : work_(std::move(work)), deferred_(Napi::Promise::Deferred::New(env)) {}

    static void execute(napi_env env, void* self) noexcept;
    static void complete(napi_env env, napi_status status, void* self) noexcept;

    std::function<void()> work_;
    Napi::Promise::Deferred deferred_;
    std::vector<Napi::Reference<Napi::Value>> kept_;
    napi_async_work handle_ = nullptr;
    std::string failure_;
};

}  // namespace enginery::kernels

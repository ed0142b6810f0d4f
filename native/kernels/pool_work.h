#pragma once

#include <napi.h>

#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace enginery::kernels {

// A short computation on libuv's pool, answered by a promise: of nothing, or of a boolean.
//
// The arrays it works on are kept from being collected until it is done. An ending environment (a worker that is
// terminated, a process that exits) waits for it: Node counts such work, and its memory is there until then.
// Computations here take milliseconds and never wait, so they do no harm in the pool that files are read with.
class PoolWork {
public:
    // `work` touches no JavaScript.
    static Napi::Value start(Napi::Env env, std::vector<Napi::Value> kept, std::function<void()> work);
    static Napi::Value ask(Napi::Env env, std::vector<Napi::Value> kept, std::function<bool()> work);

private:
    using Work = std::function<std::optional<bool>()>;

    PoolWork(Napi::Env env, Work work) : work_(std::move(work)), deferred_(Napi::Promise::Deferred::New(env)) {}

    static Napi::Value queue(Napi::Env env, const std::vector<Napi::Value>& kept, Work work);

    static void execute(napi_env env, void* self) noexcept;
    static void complete(napi_env env, napi_status status, void* self) noexcept;

    Work work_;
    std::optional<bool> answer_;
    Napi::Promise::Deferred deferred_;
    std::vector<Napi::Reference<Napi::Value>> kept_;
    napi_async_work handle_ = nullptr;
    std::string failure_;
};

}  // namespace enginery::kernels

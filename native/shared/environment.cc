#include "environment.h"

#include "background_work.h"

namespace enginery {

Environment& Environment::install(Napi::Env env) {
    auto* data = new Environment(env);
    env.SetInstanceData<Environment>(data);
    // Hooks run in reverse order: this one before Node's own for the thread-safe function.
    env.AddCleanupHook([data] { data->shut_down(); });

    // Registered this late, the exit guard runs before the destructors of every plugin loaded since.
    Napi::Object process = env.Global().Get("process").As<Napi::Object>();
    process.Get("once").As<Napi::Function>().Call(
        process, {Napi::String::New(env, "exit"),
                  Napi::Function::New(env, [](const Napi::CallbackInfo&) { BackgroundWork::guard_exit_until_gone(); })});
    return *data;
}

Environment& Environment::of(Napi::Env env) {
    return *env.GetInstanceData<Environment>();
}

void Environment::shut_down() noexcept {
    for (const auto& work : running_) work->interrupt();
    for (const auto& work : running_) work->wait_until_idle();
    running_.clear();
    channel_->close();
}

}  // namespace enginery

#include <napi.h>

#include "../shared/background_work.h"
#include "../shared/environment.h"
#include "../shared/memory_pool.h"
#include "../shared/native_memory.h"
#include "compiled_model.h"
#include "core.h"
#include "log_capture.h"
#include "model.h"

namespace enginery::openvino {
namespace {

Napi::Value statistics(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const MemoryStatistics memory = memory_statistics();
    Napi::Object object = Napi::Object::New(env);
    object.Set("liveBytes", static_cast<double>(memory.live_bytes));
    object.Set("freeBytes", static_cast<double>(memory.free_bytes));
    object.Set("liveBlocks", static_cast<double>(memory.live_blocks));
    object.Set("running", static_cast<double>(Environment::of(env).running()));
    object.Set("inFlight", static_cast<double>(BackgroundWork::in_flight()));
    return object;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    Environment::install(env);
    init_log(env, exports);
    init_core(env, exports);
    NativeMemory::init(env, exports);
    Model::init(env, exports);
    CompiledModel::init(env, exports);
    exports.Set("memoryStatistics", Napi::Function::New<statistics>(env, "memoryStatistics"));
    return exports;
}

}  // namespace
}  // namespace enginery::openvino

static Napi::Object init_module(Napi::Env env, Napi::Object exports) {
    return enginery::openvino::init(env, exports);
}

NODE_API_MODULE(openvino, init_module)

#include "inspect_job.h"

#include <memory>

#include "../shared/background_task.h"
#include "../shared/js_error.h"
#include "plan_inspector.h"
#include "read_request.h"

namespace enginery::tensorrt {

Napi::Value start_inspection(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_INSPECT", [&] {
        if (!info[0].IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected a request");
        const auto object = info[0].As<Napi::Object>();
        auto request = std::make_shared<InspectRequest>();
        request->plan = read_bytes(object.Get("plan"), "plan");
        const Napi::Value device = object.Get("device");
        if (device.IsNumber()) request->device = device.As<Napi::Number>().Int32Value();
        request->plugins = read_plugins(object);
        request->allows_host_code = object.Get("hostCode").ToBoolean().Value();
        return BackgroundTask<std::string>::start(
            info.Env(), "TRT_INSPECT", [request] { return inspect_plan(*request); },
            [](Napi::Env env, std::string& json) -> Napi::Value { return Napi::String::New(env, json); });
    });
}

}  // namespace enginery::tensorrt

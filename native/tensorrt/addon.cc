#include <napi.h>

#include <string>

#include "../shared/background_task.h"
#include "../shared/environment.h"
#include "../shared/js_error.h"
#include "build_job.h"
#include "build_result.h"
#include "driver.h"
#include "inspect_job.h"
#include "library.h"
#include "line.h"
#include "plugin_libraries.h"
#include "timing_cache_job.h"

namespace enginery::tensorrt {
namespace {

std::string text_of(const Napi::Object& object, const char* name) {
    const Napi::Value value = object.Get(name);
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

Napi::Object object_argument(const Napi::CallbackInfo& info, size_t index) {
    if (info.Length() <= index || !info[index].IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected an object");
    return info[index].As<Napi::Object>();
}

Napi::Object library_to_js(Napi::Env env, const Library& library) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("version", library.version().text());
    object.Set("core", library.paths().core);
    object.Set("hasBuilder", library.has_builder());
    object.Set("hasParser", library.has_parser());
    return object;
}

// open({ core, parser?, plugins? }): a large library takes a while to load, so on a thread of its own.
Napi::Value open(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_LIBRARY", [&] {
        const Napi::Object argument = object_argument(info, 0);
        LibraryPaths paths{text_of(argument, "core"), text_of(argument, "parser"), text_of(argument, "plugins")};
        if (paths.core.empty()) throw NativeError("NATIVE_ARGUMENT", "expected the path of a library");
        return BackgroundTask<const Library*>::start(
            info.Env(), "TRT_LIBRARY", [paths = std::move(paths)] { return &Library::open(paths); },
            [](Napi::Env env, const Library*& library) -> Napi::Value { return library_to_js(env, *library); });
    });
}

struct DriverReport {
    const Driver* driver = nullptr;
    std::string reason;
    std::vector<CudaDeviceFacts> devices;
};

DriverReport ask_driver(const std::string& path) {
    DriverReport report;
    report.driver = Driver::open(path, report.reason);
    if (report.driver == nullptr) return report;
    for (int i = 0; i < report.driver->device_count(); ++i) report.devices.push_back(report.driver->describe(i));
    return report;
}

Napi::Value driver_to_js(Napi::Env env, DriverReport& report) {
    Napi::Object object = Napi::Object::New(env);
    if (report.driver == nullptr) {
        object.Set("reason", report.reason);
        return object;
    }
    object.Set("version", report.driver->version());
    Napi::Array devices = Napi::Array::New(env, report.devices.size());
    for (size_t i = 0; i < report.devices.size(); ++i) {
        const CudaDeviceFacts& facts = report.devices[i];
        Napi::Object device = Napi::Object::New(env);
        device.Set("name", facts.name);
        device.Set("computeCapability", std::to_string(facts.major) + "." + std::to_string(facts.minor));
        device.Set("memoryBytes", static_cast<double>(facts.memory));
        device.Set("multiprocessors", facts.multiprocessors);
        devices.Set(static_cast<uint32_t>(i), device);
    }
    object.Set("devices", devices);
    return object;
}

// driver(path): what NVIDIA's driver sees; { reason } where there is none.
Napi::Value driver(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_CUDA", [&] {
        if (!info[0].IsString()) throw NativeError("NATIVE_ARGUMENT", "expected the path of the driver's library");
        std::string path = info[0].As<Napi::String>().Utf8Value();
        return BackgroundTask<DriverReport>::start(
            info.Env(), "TRT_CUDA", [path = std::move(path)] { return ask_driver(path); }, driver_to_js);
    });
}

// openPlugins(path): "creators" or "registered", as PluginLibraryKind has it.
Napi::Value open_plugin_library(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_PLUGIN_LIBRARY", [&] {
        if (!info[0].IsString()) throw NativeError("NATIVE_ARGUMENT", "expected the path of a library of plugins");
        return BackgroundTask<PluginLibraryKind>::start(
            info.Env(), "TRT_PLUGIN_LIBRARY", [path = info[0].As<Napi::String>().Utf8Value()] { return open_plugins(path); },
            [](Napi::Env env, PluginLibraryKind& kind) -> Napi::Value {
                return Napi::String::New(env, kind == PluginLibraryKind::kCreators ? "creators" : "registered");
            });
    });
}

// names(): what this line and the library that is open take. See lib/native/tensorrt-addon.ts.
Napi::Value names(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_LIBRARY", [&] { return names_to_js(info.Env(), Library::opened().version()); });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    Environment::install(env);
    exports.Set("line", kLine);
    exports.Set("headers", std::to_string(NV_TENSORRT_MAJOR) + "." + std::to_string(NV_TENSORRT_MINOR));
    exports.Set("open", Napi::Function::New<open>(env, "open"));
    exports.Set("openPlugins", Napi::Function::New<open_plugin_library>(env, "openPlugins"));
    exports.Set("names", Napi::Function::New<names>(env, "names"));
    exports.Set("build", Napi::Function::New<start_build>(env, "build"));
    exports.Set("checkModel", Napi::Function::New<start_check>(env, "checkModel"));
    exports.Set("combineTimingCaches", Napi::Function::New<start_combine>(env, "combineTimingCaches"));
    exports.Set("editTimingCache", Napi::Function::New<start_timing_edit>(env, "editTimingCache"));
    exports.Set("inspectPlan", Napi::Function::New<start_inspection>(env, "inspectPlan"));
    exports.Set("driver", Napi::Function::New<driver>(env, "driver"));
    return exports;
}

}  // namespace
}  // namespace enginery::tensorrt

static Napi::Object init_module(Napi::Env env, Napi::Object exports) {
    return enginery::tensorrt::init(env, exports);
}

NODE_API_MODULE(ENGINERY_TENSORRT_MODULE, init_module)

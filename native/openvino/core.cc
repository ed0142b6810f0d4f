#include "core.h"

#include <map>
#include <openvino/runtime/properties.hpp>
#include <string>
#include <vector>

#include "../shared/background_task.h"
#include "../shared/background_work.h"
#include "../shared/js_error.h"
#include "log_capture.h"
#include "property_value.h"

namespace enginery::openvino {
namespace {

using Names = std::vector<std::string>;
using Versions = std::map<std::string, ov::Version>;

std::string text_argument(Napi::Value value, const char* what) {
    if (!value.IsString()) throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + what);
    return value.As<Napi::String>().Utf8Value();
}

Napi::Value names_to_js(Napi::Env env, Names& names) {
    Napi::Array array = Napi::Array::New(env, names.size());
    for (size_t i = 0; i < names.size(); ++i) array.Set(static_cast<uint32_t>(i), Napi::String::New(env, names[i]));
    return array;
}

Napi::Object version_to_js(Napi::Env env, const ov::Version& version) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("buildNumber", version.buildNumber != nullptr ? version.buildNumber : "");
    object.Set("description", version.description != nullptr ? version.description : "");
    return object;
}

Napi::Value versions_to_js(Napi::Env env, Versions& versions) {
    Napi::Object object = Napi::Object::New(env);
    for (const auto& [name, version] : versions) object.Set(name, version_to_js(env, version));
    return object;
}

// Asking for devices loads every plugin. What a plugin registers for exit then runs before an exit
// guard registered earlier: hence the new one.
Names list_devices() {
    Names names = with_engine_log("OV_DEVICE", [] { return process_core().get_available_devices(); });
    BackgroundWork::guard_exit();
    return names;
}

// A property call that failed on a device whose plugin cannot be had at all (not registered, a library
// or a driver missing) is a failure of the device.
void require_device(const std::string& device) {
    with_engine_log("OV_DEVICE", [&] { process_core().get_property(device, ov::supported_properties.name()); });
}

ov::Any read_property(const std::string& device, const std::string& name) {
    ov::Any value = with_engine_log("OV_PROPERTY", [&] {
        if (device.empty()) return process_core().get_property(name);
        try {
            return process_core().get_property(device, name);
        } catch (const ov::Exception&) {
            require_device(device);
            throw;
        }
    });
    BackgroundWork::guard_exit();
    return value;
}

void write_properties(const std::string& device, const ov::AnyMap& properties) {
    with_engine_log("OV_PROPERTY", [&] {
        if (device.empty()) return process_core().set_property(properties);
        try {
            process_core().set_property(device, properties);
        } catch (const ov::Exception&) {
            require_device(device);
            throw;
        }
    });
    BackgroundWork::guard_exit();
}

Napi::Value version(const Napi::CallbackInfo& info) {
    return version_to_js(info.Env(), ov::get_openvino_version());
}

Napi::Value devices(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_DEVICE",
                   [&] { return BackgroundTask<Names>::start(info.Env(), "OV_DEVICE", list_devices, names_to_js); });
}

Napi::Value devices_sync(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_DEVICE", [&] {
        Names names = list_devices();
        return names_to_js(info.Env(), names);
    });
}

Napi::Value plugin_versions(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_DEVICE", [&] {
        return BackgroundTask<Versions>::start(
            info.Env(), "OV_DEVICE",
            [device = text_argument(info[0], "a device name")] {
                Versions versions = with_engine_log("OV_DEVICE", [&] { return process_core().get_versions(device); });
                if (versions.empty()) require_device(device);  // no such device: its message says so
                BackgroundWork::guard_exit();
                return versions;
            },
            versions_to_js);
    });
}

Napi::Value get_property(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_PROPERTY", [&] {
        return BackgroundTask<ov::Any>::start(
            info.Env(), "OV_PROPERTY",
            [device = text_argument(info[0], "a device name"), name = text_argument(info[1], "a property name")] {
                return read_property(device, name);
            },
            [](Napi::Env env, ov::Any& value) { return any_to_js(env, value); });
    });
}

Napi::Value get_property_sync(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_PROPERTY", [&] {
        return any_to_js(info.Env(),
                         read_property(text_argument(info[0], "a device name"), text_argument(info[1], "a property name")));
    });
}

Napi::Value set_properties(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_PROPERTY", [&] {
        return start_void_task(info.Env(), "OV_PROPERTY",
                               [device = text_argument(info[0], "a device name"), properties = properties_from_js(info[1])] {
                                   write_properties(device, properties);
                               });
    });
}

Napi::Value add_extension(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_EXTENSION", [&] {
        return start_void_task(info.Env(), "OV_EXTENSION", [path = text_argument(info[0], "the path of a library")] {
            with_engine_log("OV_EXTENSION", [&] { process_core().add_extension(path); });
            BackgroundWork::guard_exit();
        });
    });
}

}  // namespace

ov::Core& process_core() {
    static ov::Core& core = *[] {
        auto* made = new ov::Core();
        // A mapped model file that somebody truncates raises SIGBUS and ends the process.
        made->set_property(ov::enable_mmap(false));
        return made;
    }();
    return core;
}

void init_core(Napi::Env env, Napi::Object exports) {
    exports.Set("version", Napi::Function::New<version>(env, "version"));
    exports.Set("devices", Napi::Function::New<devices>(env, "devices"));
    exports.Set("devicesSync", Napi::Function::New<devices_sync>(env, "devicesSync"));
    exports.Set("pluginVersions", Napi::Function::New<plugin_versions>(env, "pluginVersions"));
    exports.Set("getProperty", Napi::Function::New<get_property>(env, "getProperty"));
    exports.Set("getPropertySync", Napi::Function::New<get_property_sync>(env, "getPropertySync"));
    exports.Set("setProperties", Napi::Function::New<set_properties>(env, "setProperties"));
    exports.Set("addExtension", Napi::Function::New<add_extension>(env, "addExtension"));
}

}  // namespace enginery::openvino

#include "read_request.h"

#include "argument_reader.h"
#include "driver.h"
#include "network/read_network.h"

namespace enginery::tensorrt {
namespace {

constexpr ArgumentReader arguments{""};

bool truth(const Napi::Object& object, const char* name) {
    const Napi::Value value = object.Get(name);
    return value.IsBoolean() && value.As<Napi::Boolean>().Value();
}

int whole_number(const Napi::Object& object, const char* name, int otherwise) {
    const Napi::Value value = object.Get(name);
    return value.IsNumber() ? value.As<Napi::Number>().Int32Value() : otherwise;
}

template <typename Read>
auto list_of(const Napi::Value& value, const char* name, Read&& read) {
    if (!value.IsArray()) arguments.refuse(name, "an array");
    const auto array = value.As<Napi::Array>();
    std::vector<decltype(read(Napi::Value()))> list;
    for (uint32_t i = 0; i < array.Length(); ++i) list.push_back(read(Napi::Value(array.Get(i))));
    return list;
}

std::string as_text(const Napi::Value& value) {
    return arguments.as_text(value, "a name");
}

int64_t as_whole(const Napi::Value& value) {
    if (!value.IsNumber()) arguments.refuse("a length", "a number");
    return value.As<Napi::Number>().Int64Value();
}

ConfigSettings read_settings_argument(const Napi::Object& object) {
    ConfigSettings settings;
    arguments.for_each_entry(
        object, "flags", [&](const std::string& name, const Napi::Value& on) { settings.flags[name] = on.ToBoolean().Value(); });
    arguments.for_each_entry(object, "memoryPools", [&](const std::string& name, const Napi::Value& bytes) {
        settings.memory_pools[name] = bytes.ToNumber().DoubleValue();
    });
    arguments.for_each_entry(object, "previewFeatures", [&](const std::string& name, const Napi::Value& on) {
        settings.preview_features[name] = on.ToBoolean().Value();
    });
    arguments.for_each_entry(
        object, "choices", [&](const std::string& name, const Napi::Value& choice) { settings.choices[name] = as_text(choice); });
    arguments.for_each_entry(object, "numbers", [&](const std::string& name, const Napi::Value& value) {
        settings.numbers[name] = value.ToNumber().DoubleValue();
    });
    const Napi::Value sources = object.Get("tacticSources");
    if (ArgumentReader::is_given(sources)) settings.tactic_sources = list_of(sources, "tacticSources", as_text);
    const Napi::Value capabilities = object.Get("computeCapabilities");
    if (ArgumentReader::is_given(capabilities)) {
        for (const int64_t capability : list_of(capabilities, "computeCapabilities", as_whole)) {
            settings.compute_capabilities.push_back(static_cast<int>(capability));
        }
    }
    const Napi::Value plugins = object.Get("pluginsToSerialize");
    if (ArgumentReader::is_given(plugins)) settings.plugins_to_serialize = list_of(plugins, "pluginsToSerialize", as_text);
    return settings;
}

std::vector<LayerRule> read_rules(const Napi::Object& object, const char* name) {
    const Napi::Value rules = object.Get(name);
    if (!ArgumentReader::is_given(rules)) return {};
    return list_of(rules, name, [](const Napi::Value& value) {
        const Napi::Object rule = arguments.as_object(value, "a rule for layers");
        LayerRule read{as_text(rule.Get("pattern")), list_of(rule.Get("values"), "values", as_text)};
        if (read.values.empty()) arguments.refuse("values", "at least one");
        return read;
    });
}

LayerSettings read_layer_settings(const Napi::Value& value) {
    if (!ArgumentReader::is_given(value)) return {};
    const Napi::Object object = arguments.as_object(value, "layers");
    return {read_rules(object, "precisions"), read_rules(object, "outputTypes"), read_rules(object, "devices")};
}

ProfileRange read_range(const Napi::Value& value) {
    const Napi::Object object = arguments.as_object(value, "a range of a profile");
    ProfileRange range;
    range.input = ArgumentReader::text_or_empty(object, "input");
    range.is_values = truth(object, "values");
    range.min = list_of(object.Get("min"), "min", as_whole);
    range.opt = list_of(object.Get("opt"), "opt", as_whole);
    range.max = list_of(object.Get("max"), "max", as_whole);
    return range;
}

#if defined(ENGINERY_TENSORRT_V10)
void read_ten(Napi::Env env, const Napi::Object& object, BuildRequest& request) {
    arguments.for_each_entry(object, "dynamicRanges", [&](const std::string& name, const Napi::Value& value) {
        const auto pair = list_of(value, "a dynamic range", [](const Napi::Value& end) { return end.ToNumber().FloatValue(); });
        if (pair.size() != 2) arguments.refuse("a dynamic range", "[min, max]");
        request.dynamic_ranges[name] = {pair[0], pair[1]};
    });
    const Napi::Value ranges = object.Get("calibrationRanges");
    if (ArgumentReader::is_given(ranges)) request.calibration_ranges = list_of(ranges, "calibrationRanges", read_range);
    const Napi::Value calibration = object.Get("calibration");
    if (!ArgumentReader::is_given(calibration)) return;
    if (!calibration.IsObject()) arguments.refuse("calibration", "an object");
    const auto open_memory = [device = request.device]() -> std::shared_ptr<const DeviceMemory> {
        const Driver* driver = Driver::opened();
        if (driver == nullptr) throw NativeError("TRT_CUDA", "there is no device to calibrate on");
        return std::make_shared<const DeviceMemory>(*driver, device);
    };
    request.calibration = JsCalibration::open(env, calibration.As<Napi::Object>(), open_memory);
}
#endif

}  // namespace

std::string read_bytes(const Napi::Value& value, const char* name) {
    if (!value.IsTypedArray()) arguments.refuse(name, "a Uint8Array");
    const auto array = value.As<Napi::TypedArray>();
    const auto* data = static_cast<const char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
    return {data, array.ByteLength()};
}

std::vector<std::string> read_plugins(const Napi::Object& request) {
    const Napi::Value plugins = request.Get("plugins");
    return ArgumentReader::is_given(plugins) ? list_of(plugins, "plugins", as_text) : std::vector<std::string>();
}

OnnxModel read_model(const Napi::Object& request) {
    OnnxModel model;
    model.bytes = read_bytes(request.Get("model"), "model");
    model.path = ArgumentReader::text_or_empty(request, "modelPath");
    return model;
}

BuildRequest read_build_request(Napi::Env env, const Napi::Object& object) {
    BuildRequest request;
    const Napi::Value network = object.Get("network");
    if (network.IsObject()) {
        request.network = std::make_shared<const NetworkDefinition>(read_network(network.As<Napi::Object>()));
    } else {
        request.model = read_model(object);
    }
    const Napi::Value flags = object.Get("parserFlags");
    if (ArgumentReader::is_given(flags)) request.parser_flags = list_of(flags, "parserFlags", as_text);
    request.plugins = read_plugins(object);
    request.keeps_parser_plugins = !truth(object, "ignoreParserPlugins");
    request.strongly_typed = truth(object, "stronglyTyped");
    const Napi::Value settings = object.Get("settings");
    if (settings.IsObject()) request.settings = read_settings_argument(settings.As<Napi::Object>());
    request.layers = read_layer_settings(object.Get("layers"));
    arguments.for_each_entry(object, "inputShapes", [&](const std::string& name, const Napi::Value& shape) {
        request.input_shapes[name] = list_of(shape, "a shape", as_whole);
    });
    request.max_threads = whole_number(object, "maxThreads", 0);
    const Napi::Value profiles = object.Get("profiles");
    if (ArgumentReader::is_given(profiles)) {
        request.profiles =
            list_of(profiles, "profiles", [](const Napi::Value& profile) { return list_of(profile, "a profile", read_range); });
    }
    const Napi::Value cache = object.Get("timingCache");
    if (ArgumentReader::is_given(cache)) request.timing_cache = read_bytes(cache, "timingCache");
    request.ignore_timing_mismatch = truth(object, "ignoreTimingMismatch");
    request.calibration_profile = whole_number(object, "calibrationProfile", -1);
    request.verbose = truth(object, "verbose");
    request.only_describe = truth(object, "onlyDescribe");
    request.device = whole_number(object, "device", 0);
#if defined(ENGINERY_TENSORRT_V10)
    read_ten(env, object, request);
#else
    (void)env;
#endif
    return request;
}

}  // namespace enginery::tensorrt

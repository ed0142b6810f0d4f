#include "builder_config.h"

#include "../shared/native_error.h"
#include "option_names.h"

namespace enginery::tensorrt {
namespace {

using nvinfer1::IBuilderConfig;

[[noreturn]] void refuse(const std::string& what, const std::string& value) {
    throw NativeError("TRT_CONFIG", "TensorRT does not take " + value + " as " + what);
}

// Calls that came into 10.x later than 10.0 must not be made on an older library: its tables end before them. The versions
// are those from which the documentation of TensorRT has them, or later ones.
bool has_tiling(const LibraryVersion& version) {
    return kMajor != 10 || version.at_least(10, 8);
}

// TensorRT-RTX has compute capabilities in its place, and warns of the question alone.
bool has_hardware_compatibility(const LibraryVersion&) {
    return !kIsRtx;
}

struct Choice {
    const char* name;
    bool (*available)(const LibraryVersion&);
    void (*set)(IBuilderConfig&, const std::string&);
    const char* (*get)(IBuilderConfig&);
};

bool always(const LibraryVersion&) {
    return true;
}

const std::vector<Choice>& choices() {
    static const std::vector<Choice> all = {
        {"profilingVerbosity", always,
         [](IBuilderConfig& config, const std::string& name) {
             config.setProfilingVerbosity(value_of("profiling verbosity", profiling_verbosities(), name));
         },
         [](IBuilderConfig& config) { return name_of(profiling_verbosities(), config.getProfilingVerbosity()); }},
        {"hardwareCompatibility", has_hardware_compatibility,
         [](IBuilderConfig& config, const std::string& name) {
             config.setHardwareCompatibilityLevel(value_of("hardware compatibility", hardware_compatibilities(), name));
         },
         [](IBuilderConfig& config) { return name_of(hardware_compatibilities(), config.getHardwareCompatibilityLevel()); }},
        {"engineCapability", always,
         [](IBuilderConfig& config, const std::string& name) {
             config.setEngineCapability(value_of("engine capability", engine_capabilities(), name));
         },
         [](IBuilderConfig& config) { return name_of(engine_capabilities(), config.getEngineCapability()); }},
        {"defaultDevice", always,
         [](IBuilderConfig& config, const std::string& name) {
             config.setDefaultDeviceType(value_of("device type", device_types(), name));
         },
         [](IBuilderConfig& config) { return name_of(device_types(), config.getDefaultDeviceType()); }},
        {"runtimePlatform", has_tiling,
         [](IBuilderConfig& config, const std::string& name) {
             config.setRuntimePlatform(value_of("runtime platform", runtime_platforms(), name));
         },
         [](IBuilderConfig& config) { return name_of(runtime_platforms(), config.getRuntimePlatform()); }},
        {"tilingLevel", has_tiling,
         [](IBuilderConfig& config, const std::string& name) {
             if (!config.setTilingOptimizationLevel(value_of("tiling level", tiling_levels(), name)))
                 refuse("tiling level", name);
         },
         [](IBuilderConfig& config) { return name_of(tiling_levels(), config.getTilingOptimizationLevel()); }},
    };
    return all;
}

struct Number {
    const char* name;
    bool (*available)(const LibraryVersion&);
    void (*set)(IBuilderConfig&, double);
    double (*get)(IBuilderConfig&);
};

const std::vector<Number>& numbers() {
    static const std::vector<Number> all = {
        {"optimizationLevel", always,
         [](IBuilderConfig& config, double value) { config.setBuilderOptimizationLevel(static_cast<int32_t>(value)); },
         [](IBuilderConfig& config) -> double { return config.getBuilderOptimizationLevel(); }},
        {"maxAuxStreams", always,
         [](IBuilderConfig& config, double value) { config.setMaxAuxStreams(static_cast<int32_t>(value)); },
         [](IBuilderConfig& config) -> double { return config.getMaxAuxStreams(); }},
        {"avgTimingIterations", always,
         [](IBuilderConfig& config, double value) { config.setAvgTimingIterations(static_cast<int32_t>(value)); },
         [](IBuilderConfig& config) -> double { return config.getAvgTimingIterations(); }},
        {"dlaCore", always,
         [](IBuilderConfig& config, double value) {
             config.setDLACore(static_cast<int32_t>(value));
             // Where there is no DLA, it is passed over in silence, and the plan would be for the GPU.
             if (config.getDLACore() != static_cast<int32_t>(value))
                 refuse("DLA core", std::to_string(static_cast<int32_t>(value)));
         },
         [](IBuilderConfig& config) -> double { return config.getDLACore(); }},
        {"maxTactics", has_tiling,
         [](IBuilderConfig& config, double value) { config.setMaxNbTactics(static_cast<int32_t>(value)); },
         [](IBuilderConfig& config) -> double { return config.getMaxNbTactics(); }},
        {"l2LimitForTiling", has_tiling,
         [](IBuilderConfig& config, double value) {
             if (!config.setL2LimitForTiling(static_cast<int64_t>(value))) refuse("L2 limit for tiling", std::to_string(value));
         },
         [](IBuilderConfig& config) { return static_cast<double>(config.getL2LimitForTiling()); }},
    };
    return all;
}

template <typename Entry>
const Entry& entry_of(const char* group, const std::vector<Entry>& entries, const std::string& name,
                      const LibraryVersion& version) {
    for (const Entry& entry : entries) {
        if (name == entry.name && entry.available(version)) return entry;
    }
    refuse_name(group, name);
}

template <typename Entry>
std::vector<std::string> available_names(const std::vector<Entry>& entries, const LibraryVersion& version) {
    std::vector<std::string> names;
    for (const Entry& entry : entries) {
        if (entry.available(version)) names.emplace_back(entry.name);
    }
    return names;
}

uint32_t bit(nvinfer1::TacticSource source) {
    return 1U << static_cast<uint32_t>(source);
}

void apply_compute_capabilities(IBuilderConfig& config, const std::vector<int>& capabilities) {
    if (capabilities.empty()) return;
#if defined(ENGINERY_TENSORRT_RTX)
    if (!config.setNbComputeCapabilities(static_cast<int32_t>(capabilities.size()))) {
        refuse("number of compute capabilities", std::to_string(capabilities.size()));
    }
    for (size_t i = 0; i < capabilities.size(); ++i) {
        const auto capability = static_cast<nvinfer1::ComputeCapability>(capabilities[i]);
        if (!config.setComputeCapability(capability, static_cast<int32_t>(i))) {
            refuse("compute capability", std::to_string(capabilities[i]));
        }
    }
#else
    (void)config;
    refuse_name("list of", "compute capabilities");
#endif
}

void apply_plugins(IBuilderConfig& config, const std::vector<std::string>& paths) {
    if (paths.empty()) return;
    std::vector<const char*> texts;
    for (const std::string& path : paths) texts.push_back(path.c_str());
    config.setPluginsToSerialize(texts.data(), static_cast<int32_t>(texts.size()));
}

}  // namespace

void apply_settings(IBuilderConfig& config, const ConfigSettings& settings, const LibraryVersion& version) {
    for (const auto& entry : settings.flags) value_of("builder flag", builder_flags(), entry.first);
    // In TensorRT's own order: it takes some flags only after those that they depend on.
    for (const auto& [name, flag] : builder_flags()) {
        const auto wanted = settings.flags.find(name);
        if (wanted == settings.flags.end()) continue;
        wanted->second ? config.setFlag(flag) : config.clearFlag(flag);
    }
    for (const auto& [name, bytes] : settings.memory_pools) {
        config.setMemoryPoolLimit(value_of("memory pool", memory_pools(), name), static_cast<size_t>(bytes));
    }
    if (settings.tactic_sources) {
        uint32_t sources = 0;
        for (const std::string& name : *settings.tactic_sources)
            sources |= bit(value_of("tactic source", tactic_sources(), name));
        if (!config.setTacticSources(sources)) refuse("tactic sources", "these");
    }
    for (const auto& [name, on] : settings.preview_features) {
        config.setPreviewFeature(value_of("preview feature", preview_features(), name), on);
    }
    for (const auto& [name, value] : settings.choices) entry_of("choice", choices(), name, version).set(config, value);
    for (const auto& [name, value] : settings.numbers) entry_of("number", numbers(), name, version).set(config, value);
    apply_compute_capabilities(config, settings.compute_capabilities);
    apply_plugins(config, settings.plugins_to_serialize);
}

ConfigSettings read_settings(IBuilderConfig& config, const LibraryVersion& version) {
    ConfigSettings settings;
    for (const auto& [name, flag] : builder_flags()) settings.flags[name] = config.getFlag(flag);
    for (const auto& [name, pool] : memory_pools()) {
        // Without a device or a DLA, TensorRT answers what the pool may have at most, or nothing.
        settings.memory_pools[name] = static_cast<double>(config.getMemoryPoolLimit(pool));
    }
    settings.tactic_sources.emplace();
    for (const auto& [name, source] : tactic_sources()) {
        if ((config.getTacticSources() & bit(source)) != 0) settings.tactic_sources->push_back(name);
    }
    for (const std::string& name : preview_feature_names(version)) {
        settings.preview_features[name] = config.getPreviewFeature(value_of("preview feature", preview_features(), name));
    }
    for (const Choice& choice : choices()) {
        if (choice.available(version)) settings.choices[choice.name] = choice.get(config);
    }
    for (const Number& number : numbers()) {
        if (number.available(version)) settings.numbers[number.name] = number.get(config);
    }
#if defined(ENGINERY_TENSORRT_RTX)
    for (int32_t i = 0; i < config.getNbComputeCapabilities(); ++i) {
        settings.compute_capabilities.push_back(static_cast<int>(config.getComputeCapability(i)));
    }
#endif
    for (int32_t i = 0; i < config.getNbPluginsToSerialize(); ++i) {
        settings.plugins_to_serialize.emplace_back(config.getPluginToSerialize(i));
    }
    return settings;
}

std::vector<std::string> preview_feature_names(const LibraryVersion& version) {
    std::vector<std::string> names;
    for (const auto& [name, feature] : preview_features()) {
        const std::string text = name;
        // Always on since 10.0, and the question alone is answered with a warning.
        if (text == "profile-sharing") continue;
        if (text == "multidevice-runtime" && !version.at_least(10, 16)) continue;
        if (text == "runtime-activation-resize" && kMajor == 10 && !version.at_least(10, 10)) continue;
        if (text == "aliased-plugin-io" && kMajor == 10 && !version.at_least(10, 3)) continue;
        names.push_back(text);
    }
    return names;
}

std::vector<std::string> choice_names(const LibraryVersion& version) {
    return available_names(choices(), version);
}

std::vector<std::string> number_names(const LibraryVersion& version) {
    return available_names(numbers(), version);
}

}  // namespace enginery::tensorrt

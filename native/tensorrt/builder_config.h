#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "library.h"
#include "line.h"

namespace enginery::tensorrt {

// What is set on a builder's config, by our names (option_names.h), and what was read back from it.
struct ConfigSettings {
    std::map<std::string, bool> flags;
    std::map<std::string, double> memory_pools;  // bytes
    std::optional<std::vector<std::string>> tactic_sources;
    std::map<std::string, bool> preview_features;
    // profilingVerbosity, hardwareCompatibility, engineCapability, runtimePlatform, tilingLevel, defaultDevice
    std::map<std::string, std::string> choices;
    // optimizationLevel, maxAuxStreams, avgTimingIterations, maxTactics, dlaCore, l2LimitForTiling (bytes)
    std::map<std::string, double> numbers;
    // Of TensorRT-RTX: 75 for 7.5, 120 for 12.0; 1 for the device that is here.
    std::vector<int> compute_capabilities;
    // Paths of libraries that a version compatible plan takes along.
    std::vector<std::string> plugins_to_serialize;
};

// Throws NativeError: NATIVE_ARGUMENT for a name that this line lacks, TRT_CONFIG for a value that TensorRT refused.
void apply_settings(nvinfer1::IBuilderConfig& config, const ConfigSettings& settings, const LibraryVersion& version);

// Everything that the config says of itself.
ConfigSettings read_settings(nvinfer1::IBuilderConfig& config, const LibraryVersion& version);

// Names of preview features, choices and numbers that this library has; the other groups are in option_names.h.
std::vector<std::string> preview_feature_names(const LibraryVersion& version);
std::vector<std::string> choice_names(const LibraryVersion& version);
std::vector<std::string> number_names(const LibraryVersion& version);

}  // namespace enginery::tensorrt

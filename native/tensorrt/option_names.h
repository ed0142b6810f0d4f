#pragma once

#include <string>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

// Our names of TensorRT's values. The numbers behind them differ between lines, so nothing but a name ever crosses into
// JavaScript. What a line lacks is not in its lists; lib/engine/tensorrt knows what replaced it.
template <typename Value>
struct NamedValue {
    const char* name;
    Value value;
};

template <typename Value>
using NamedValues = std::vector<NamedValue<Value>>;

const NamedValues<nvinfer1::BuilderFlag>& builder_flags();
const NamedValues<nvinfer1::MemoryPoolType>& memory_pools();
const NamedValues<nvinfer1::TacticSource>& tactic_sources();
const NamedValues<nvinfer1::PreviewFeature>& preview_features();
const NamedValues<nvinfer1::ProfilingVerbosity>& profiling_verbosities();
const NamedValues<nvinfer1::HardwareCompatibilityLevel>& hardware_compatibilities();
const NamedValues<nvinfer1::EngineCapability>& engine_capabilities();
const NamedValues<nvinfer1::RuntimePlatform>& runtime_platforms();
const NamedValues<nvinfer1::TilingOptimizationLevel>& tiling_levels();
const NamedValues<nvinfer1::DeviceType>& device_types();
const NamedValues<nvinfer1::DataType>& data_types();
const NamedValues<nvonnxparser::OnnxParserFlag>& parser_flags();

// The name, or "unknown" for a value that is newer than these lists.
const char* layer_type_name(nvinfer1::LayerType type);
const char* parser_error_name(nvonnxparser::ErrorCode code);
const char* error_code_name(nvinfer1::ErrorCode code);

template <typename Value>
const char* name_of(const NamedValues<Value>& values, Value value) {
    for (const auto& named : values) {
        if (named.value == value) return named.name;
    }
    return "unknown";
}

// Throws NativeError NATIVE_ARGUMENT: JavaScript has asked for the names before.
[[noreturn]] void refuse_name(const char* group, const std::string& name);

template <typename Value>
Value value_of(const char* group, const NamedValues<Value>& values, const std::string& name) {
    for (const auto& named : values) {
        if (name == named.name) return named.value;
    }
    refuse_name(group, name);
}

}  // namespace enginery::tensorrt

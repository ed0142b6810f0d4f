#pragma once

#include <string>
#include <vector>

#include "line.h"
#include "network_report.h"

namespace enginery::tensorrt {

// What is asked of the layers that a name, or a pattern with one `*`, stands for.
struct LayerRule {
    std::string pattern;
    // Names of option_names.h: one for each output, or one for all of them; of precisions and devices just one.
    std::vector<std::string> values;
};

// In the order in which they were given: of several patterns that match, the last counts; a layer's own name counts more
// than any pattern.
struct LayerSettings {
    std::vector<LayerRule> precisions;    // 10.x
    std::vector<LayerRule> output_types;  // 10.x
    std::vector<LayerRule> devices;
    bool empty() const { return precisions.empty() && output_types.empty() && devices.empty(); }
};

// A rule that did nothing, and why.
struct UnusedLayerRule {
    std::string group;  // precision, output-type, device
    std::string pattern;
    std::string reason;  // no-layer; not-float: all that match compute on integers or shapes; outputs: another number of them
};

// Sets precisions, output types and devices of layers. Throws NativeError NATIVE_ARGUMENT for names that this line lacks.
std::vector<UnusedLayerRule> apply_layer_settings(nvinfer1::INetworkDefinition& network, nvinfer1::IBuilderConfig& config,
                                                  const LayerSettings& settings);

// Completes a report of the same network with what was set of its layers.
void report_layer_settings(const nvinfer1::INetworkDefinition& network, const nvinfer1::IBuilderConfig& config,
                           NetworkReport& report);

}  // namespace enginery::tensorrt

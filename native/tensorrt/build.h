#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../shared/native_error.h"
#include "build_control.h"
#include "builder_config.h"
#include "error_recorder.h"
#include "layer_settings.h"
#include "logger.h"
#include "network/network_definition.h"
#include "network_report.h"
#include "onnx_model.h"
#include "optimization_profiles.h"

#if defined(ENGINERY_TENSORRT_V10)
#include "calibrators/js_calibration.h"
#endif

namespace enginery::tensorrt {

struct BuildRequest {
    OnnxModel model;
    // In place of a model: what the network is made of, layer by layer. Its weights stay where they are during the build.
    std::shared_ptr<const NetworkDefinition> network;
    std::vector<std::string> parser_flags;
    // Libraries of plugins that the builder's registry loads (plugin_libraries.h).
    std::vector<std::string> plugins;
    // A version compatible plan takes along those that the parser says it needs.
    bool keeps_parser_plugins = true;
    bool strongly_typed = false;
    ConfigSettings settings;
    LayerSettings layers;
    // By input: what dimensions become, where the model leaves some open.
    std::map<std::string, std::vector<int64_t>> input_shapes;
    int max_threads = 0;  // 0: TensorRT's own choice
    std::vector<ProfileRanges> profiles;
    // Bytes of a timing cache to begin with; an empty text begins a new one, nothing leaves timing caches alone.
    std::optional<std::string> timing_cache;
    bool ignore_timing_mismatch = false;
    // Of the profile that calibration runs with; -1 for none. 10.x.
    int calibration_profile = -1;
    // Or a profile of its own. 10.x.
    std::optional<ProfileRanges> calibration_ranges;
    // By tensor name: what dynamic ranges are set to, instead of a calibration. 10.x.
    std::map<std::string, std::pair<float, float>> dynamic_ranges;
    bool verbose = false;
    // Build nothing: the network, its config and profiles are made and described.
    bool only_describe = false;
    int device = 0;
#if defined(ENGINERY_TENSORRT_V10)
    std::shared_ptr<JsCalibration> calibration;
#endif
};

struct BuildOutcome {
    enum class Kind { kBuilt, kDescribed, kNotParsed, kFailed, kCancelled };
    Kind kind = Kind::kFailed;
    std::unique_ptr<nvinfer1::IHostMemory> plan;
    std::optional<std::string> timing_cache;
    ConfigSettings settings;
    NetworkReport network;
    std::vector<ParserProblem> problems;
    std::vector<RecordedError> errors;
    std::vector<LogLine> log;
    // What the builder wrote of the layers that it made; empty where it wrote nothing.
    std::string layer_information;
    // Names of `dynamic_ranges` that the network has no tensor of.
    std::vector<std::string> unmatched_ranges;
    // Of the request's `layers`: with any of these nothing is built.
    std::vector<UnusedLayerRule> unused_rules;
    // By input: what samples are calibrated in, as the config has it. 10.x.
    std::map<std::string, std::vector<int64_t>> calibration_shapes;
    // What failed before TensorRT was asked to build: no builder, a name or a number that it did not take.
    std::optional<NativeError> refused;
    // What stopped the calibration, where that is what failed.
    std::optional<NativeError> calibration_failure;
};

// On the calling thread, for as long as it takes. What fails is in the outcome.
BuildOutcome run_build(const BuildRequest& request, BuildControl& control) noexcept;

// Two timing caches as one: what `added` measured and `stored` has not is taken over. Nothing where TensorRT refuses one of
// them. Throws NativeError.
std::optional<std::string> combine_timing_caches(const std::string& stored, const std::string& added, int device);

struct CheckOutcome {
    ParserReport report;
    std::vector<SupportedPart> parts;
    std::vector<LogLine> log;
};

// What of a model the parser takes.
CheckOutcome check_model(const OnnxModel& model, const std::vector<std::string>& plugins, int device);

}  // namespace enginery::tensorrt

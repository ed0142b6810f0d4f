#include "build.h"

#include <tuple>
#include <utility>

#include "../shared/background_work.h"
#include "../shared/native_error.h"
#include "driver.h"
#include "library.h"
#include "network/replay_network.h"
#include "option_names.h"
#include "plugin_libraries.h"
#include "plugin_paths.h"

namespace enginery::tensorrt {
namespace {

using nvinfer1::ILogger;

uint32_t creation_flags(bool strongly_typed) {
    // On 11.x and RTX every network is strongly typed, and the flag is only tolerated.
    return strongly_typed ? 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) : 0U;
}

// What one build is made with. Members are destroyed from the last to the first: what TensorRT made before what it was
// made by, and all of it while the context of the device is current.
struct Workbench {
    Workbench(int device, bool strongly_typed, const std::vector<std::string>& plugins = {}) {
        const Driver* driver = Driver::opened();
        if (driver != nullptr) context = std::make_unique<CurrentContext>(*driver, device);
        const Library& library = Library::opened();
        ILogger& logger = ProcessLogger::instance();
        builder = library.create_builder(logger);
        builder->setErrorRecorder(&recorder);
        load_plugins(builder->getPluginRegistry(), plugins);
        network.reset(builder->createNetworkV2(creation_flags(strongly_typed)));
        if (!network) throw NativeError("TRT_BUILDER", "TensorRT made no network");
        network->setErrorRecorder(&recorder);
        parser = library.create_parser(*network, logger);
    }

    std::unique_ptr<CurrentContext> context;
    ErrorRecorder recorder;
    std::unique_ptr<nvinfer1::IBuilder> builder;
    std::unique_ptr<nvinfer1::INetworkDefinition> network;
    std::unique_ptr<nvonnxparser::IParser> parser;
};

std::unique_ptr<nvinfer1::ITimingCache> attach_timing_cache(nvinfer1::IBuilderConfig& config, const BuildRequest& request) {
    if (!request.timing_cache || kIsRtx) return nullptr;
    const std::string& bytes = *request.timing_cache;
    LogCapture said(ILogger::Severity::kWARNING);
    std::unique_ptr<nvinfer1::ITimingCache> cache(config.createTimingCache(bytes.data(), bytes.size()));
    if (!cache) throw NativeError("TRT_TIMING_CACHE", "TensorRT does not read its bytes");
    if (!config.setTimingCache(*cache, request.ignore_timing_mismatch)) {
        throw NativeError("TRT_TIMING_CACHE", "it was made by another version of TensorRT, or on another device");
    }
    // Damaged bytes are taken all the same, with a warning, and every kernel is measured again without a word.
    for (const LogLine& line : said.take()) {
        if (line.text.find("will not be used") != std::string::npos) throw NativeError("TRT_TIMING_CACHE", line.text);
    }
    return cache;
}

#if !defined(ENGINERY_TENSORRT_RTX)
std::optional<std::string> read_timing_cache(const nvinfer1::IBuilderConfig& config) {
    const nvinfer1::ITimingCache* cache = config.getTimingCache();
    if (cache == nullptr) return std::nullopt;
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(cache->serialize());
    if (!bytes) return std::nullopt;
    return std::string(static_cast<const char*>(bytes->data()), bytes->size());
}
#endif

#if defined(ENGINERY_TENSORRT_V10)
void set_dynamic_ranges(nvinfer1::INetworkDefinition& network, const BuildRequest& request, BuildOutcome& outcome) {
    auto ranges = request.dynamic_ranges;
    const auto apply = [&ranges](nvinfer1::ITensor* tensor) {
        if (tensor == nullptr) return;
        const auto range = ranges.find(tensor->getName());
        if (range == ranges.end()) return;
        if (!tensor->setDynamicRange(range->second.first, range->second.second)) {
            throw NativeError("TRT_CONFIG", "TensorRT does not take the dynamic range of " + range->first);
        }
        ranges.erase(range);
    };
    for (int32_t i = 0; i < network.getNbInputs(); ++i) apply(network.getInput(i));
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        const nvinfer1::ILayer* layer = network.getLayer(i);
        for (int32_t k = 0; k < layer->getNbOutputs(); ++k) apply(layer->getOutput(k));
    }
    for (const auto& [name, range] : ranges) outcome.unmatched_ranges.push_back(name);
}

void set_calibration(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config, const BuildRequest& request,
                     const std::vector<nvinfer1::IOptimizationProfile*>& profiles) {
    if (request.calibration) config.setInt8Calibrator(&request.calibration->calibrator());
    if (request.calibration_ranges) {
        const std::string title = "the profile to calibrate with";
        if (!config.setCalibrationProfile(make_profile(builder, *request.calibration_ranges, title))) {
            throw NativeError("TRT_PROFILE", "TensorRT does not take " + title);
        }
        return;
    }
    if (request.calibration_profile < 0) return;
    const auto index = static_cast<size_t>(request.calibration_profile);
    if (index >= profiles.size() || !config.setCalibrationProfile(profiles[index])) {
        throw NativeError("TRT_PROFILE", "profile " + std::to_string(index) + " cannot be calibrated with");
    }
}
#endif

#if defined(ENGINERY_TENSORRT_V10)
std::map<std::string, std::vector<int64_t>> read_calibration_shapes(nvinfer1::IBuilderConfig& config,
                                                                    const nvinfer1::INetworkDefinition& network) {
    std::map<std::string, std::vector<int64_t>> shapes;
    const nvinfer1::IOptimizationProfile* profile = config.getCalibrationProfile();
    for (int32_t i = 0; profile != nullptr && i < network.getNbInputs(); ++i) {
        const char* name = network.getInput(i)->getName();
        const nvinfer1::Dims dims = profile->getDimensions(name, nvinfer1::OptProfileSelector::kOPT);
        // Below zero for an input that it says nothing of.
        if (dims.nbDims >= 0) shapes[name].assign(dims.d, dims.d + dims.nbDims);
    }
    return shapes;
}
#endif

// Most setters of TensorRT answer nothing, and say in the error recorder what they refused.
void refuse_recorded(const ErrorRecorder& recorder) {
    const std::vector<RecordedError> errors = recorder.errors();
    if (!errors.empty()) throw NativeError("TRT_CONFIG", errors.front().text);
}

// Everything up to the call that takes long.
void prepare(Workbench& bench, nvinfer1::IBuilderConfig& config, const BuildRequest& request, const ConfigSettings& settings,
             BuildOutcome& outcome) {
    apply_settings(config, settings, Library::opened().version());
    refuse_recorded(bench.recorder);
    outcome.unused_rules = apply_layer_settings(*bench.network, config, request.layers);
    refuse_recorded(bench.recorder);
    report_layer_settings(*bench.network, config, outcome.network);
    if (request.max_threads > 0 && !bench.builder->setMaxThreads(request.max_threads)) {
        throw NativeError("TRT_CONFIG", "TensorRT does not take " + std::to_string(request.max_threads) + " threads");
    }
    const auto profiles = add_profiles(*bench.builder, config, request.profiles);
#if defined(ENGINERY_TENSORRT_V10)
    set_dynamic_ranges(*bench.network, request, outcome);
    set_calibration(*bench.builder, config, request, profiles);
    outcome.calibration_shapes = read_calibration_shapes(config, *bench.network);
#else
    (void)profiles;
#endif
    {
        // What TensorRT says of being asked, about pools without a device for example, is nothing that happened to the build.
        const LogCapture quiet(ILogger::Severity::kINTERNAL_ERROR);
        outcome.settings = read_settings(config, Library::opened().version());
        bench.recorder.clear();
    }
}

void build(Workbench& bench, const BuildRequest& request, BuildControl& control, BuildOutcome& outcome) {
    ConfigSettings settings = request.settings;
    if (!request.network) {
        const ParserReport parsed = parse_onnx(*bench.parser, request.model, request.parser_flags);
        outcome.problems = parsed.problems;
        if (!parsed.parsed) {
            outcome.kind = BuildOutcome::Kind::kNotParsed;
            return;
        }
        if (request.keeps_parser_plugins) {
            settings.plugins_to_serialize =
                plugins_for_plan(settings.flags, std::move(settings.plugins_to_serialize), parsed.plugin_libraries);
        }
    }
    try {
        if (request.network) replay_network(*bench.builder, *bench.network, *request.network, bench.recorder);
        fix_input_shapes(*bench.network, request.input_shapes);
    } catch (const NativeError& error) {
        outcome.refused = error;
        return;
    }
    outcome.network = describe_network(*bench.network);
    // Before the config, which refers to it.
    ProgressMonitor monitor(control);
    std::unique_ptr<nvinfer1::ITimingCache> timing_cache;
    const std::unique_ptr<nvinfer1::IBuilderConfig> config(bench.builder->createBuilderConfig());
    if (!config) throw NativeError("TRT_BUILDER", "TensorRT made no builder config");
    try {
        prepare(bench, *config, request, settings, outcome);
        timing_cache = attach_timing_cache(*config, request);
    } catch (const NativeError& error) {
        outcome.refused = error;
        return;
    }
    // A rule that says nothing of this network is a mistake, and minutes of building would hide it.
    if (!outcome.unused_rules.empty()) return;
    if (request.only_describe) {
        outcome.kind = BuildOutcome::Kind::kDescribed;
        return;
    }
    config->setProgressMonitor(&monitor);
    if (!control.cancelled()) outcome.plan.reset(bench.builder->buildSerializedNetwork(*bench.network, *config));
    if (outcome.plan && outcome.plan->size() > 0 && !control.cancelled()) {
        outcome.kind = BuildOutcome::Kind::kBuilt;
    } else {
        outcome.kind = control.cancelled() ? BuildOutcome::Kind::kCancelled : BuildOutcome::Kind::kFailed;
        outcome.plan.reset();
    }
#if !defined(ENGINERY_TENSORRT_RTX)
    if (request.timing_cache) outcome.timing_cache = read_timing_cache(*config);
#endif
    config->setProgressMonitor(nullptr);
}

}  // namespace

BuildOutcome run_build(const BuildRequest& request, BuildControl& control) noexcept {
    LogCapture capture(request.verbose ? ILogger::Severity::kVERBOSE : ILogger::Severity::kINFO);
    BuildOutcome outcome;
    try {
#if defined(ENGINERY_TENSORRT_V10)
        if (request.calibration) {
            control.stop_when([calibration = request.calibration] { return calibration->has_failed(); });
        }
#endif
        Workbench bench(request.device, request.strongly_typed, request.plugins);
        build(bench, request, control, outcome);
        outcome.errors = bench.recorder.errors();
    } catch (...) {
        outcome.kind = BuildOutcome::Kind::kFailed;
        outcome.refused = current_exception_as_native("TRT_BUILD");
    }
#if defined(ENGINERY_TENSORRT_V10)
    if (request.calibration) outcome.calibration_failure = request.calibration->end();
    if (outcome.calibration_failure && outcome.kind == BuildOutcome::Kind::kBuilt) {
        // TensorRT took the failure for the end of the batches.
        outcome.plan.reset();
        outcome.kind = BuildOutcome::Kind::kFailed;
    }
#endif
    BackgroundWork::guard_exit();
    outcome.log = capture.take();
    outcome.layer_information = capture.take_layers();
    return outcome;
}

std::optional<std::string> combine_timing_caches(const std::string& stored, const std::string& added, int device) {
#if defined(ENGINERY_TENSORRT_RTX)
    (void)stored, (void)added, (void)device;
    refuse_name("way to combine", "timing caches");
#else
    const LogCapture quiet(ILogger::Severity::kINTERNAL_ERROR);
    Workbench bench(device, false);
    const std::unique_ptr<nvinfer1::IBuilderConfig> config(bench.builder->createBuilderConfig());
    if (!config) throw NativeError("TRT_BUILDER", "TensorRT made no builder config");
    const std::unique_ptr<nvinfer1::ITimingCache> into(config->createTimingCache(stored.data(), stored.size()));
    const std::unique_ptr<nvinfer1::ITimingCache> from(config->createTimingCache(added.data(), added.size()));
    if (!into || !from || !into->combine(*from, false)) return std::nullopt;
    const std::unique_ptr<nvinfer1::IHostMemory> bytes(into->serialize());
    if (!bytes) return std::nullopt;
    return std::string(static_cast<const char*>(bytes->data()), bytes->size());
#endif
}

CheckOutcome check_model(const OnnxModel& model, const std::vector<std::string>& plugins, int device) {
    LogCapture capture(ILogger::Severity::kWARNING);
    CheckOutcome outcome;
    {
        Workbench bench(device, kMajor != 10, plugins);
        std::tie(outcome.report, outcome.parts) = check_onnx(*bench.parser, model);
    }
    outcome.log = capture.take();
    return outcome;
}

}  // namespace enginery::tensorrt

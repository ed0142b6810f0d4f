#include "plan_inspector.h"

#include <memory>

#include "../shared/background_work.h"
#include "../shared/native_error.h"
#include "driver.h"
#include "error_recorder.h"
#include "library.h"
#include "logger.h"
#include "plugin_libraries.h"

namespace enginery::tensorrt {
namespace {

[[noreturn]] void fail(const ErrorRecorder& recorder, LogCapture& said, const std::string& what) {
    std::string reason;
    for (const RecordedError& error : recorder.errors()) {
        if (reason.empty()) reason = error.text;
    }
    for (const LogLine& line : said.take()) {
        if (reason.empty()) reason = line.text;
    }
    throw NativeError("TRT_INSPECT", reason.empty() ? what : what + ": " + reason);
}

bool is_open(const nvinfer1::Dims& dims) {
    for (int32_t i = 0; i < dims.nbDims; ++i) {
        if (dims.d[i] < 0) return true;
    }
    return false;
}

// Without lengths TensorRT shows no formats of tensors whose shapes are open. Null where none are, or where lengths are
// values of an input, which would have to be made up.
std::unique_ptr<nvinfer1::IExecutionContext> context_with_shapes(nvinfer1::ICudaEngine& engine) {
    bool has_open = false;
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
        const char* name = engine.getIOTensorName(i);
        if (engine.getTensorIOMode(name) != nvinfer1::TensorIOMode::kINPUT) continue;
        if (engine.isShapeInferenceIO(name)) return nullptr;
        has_open = has_open || is_open(engine.getTensorShape(name));
    }
    if (!has_open) return nullptr;
    // Nothing is run, so no memory for activations is taken from the device.
    std::unique_ptr<nvinfer1::IExecutionContext> context(
        engine.createExecutionContext(nvinfer1::ExecutionContextAllocationStrategy::kUSER_MANAGED));
    if (!context) return nullptr;
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
        const char* name = engine.getIOTensorName(i);
        if (engine.getTensorIOMode(name) != nvinfer1::TensorIOMode::kINPUT || !is_open(engine.getTensorShape(name))) continue;
        const nvinfer1::Dims tuned = engine.getProfileShape(name, 0, nvinfer1::OptProfileSelector::kOPT);
        if (!context->setInputShape(name, tuned)) return nullptr;
    }
    return context;
}

}  // namespace

std::string inspect_plan(const InspectRequest& request) {
    const Driver* driver = Driver::opened();
    // Without a device TensorRT makes runtimes that are none, and calling one ends the process.
    if (driver == nullptr) throw NativeError("TRT_CUDA", "there is no device");
    const Library& library = Library::opened();
    LogCapture said(nvinfer1::ILogger::Severity::kERROR);
    ErrorRecorder recorder;
    std::string text;
    {
        const CurrentContext current(*driver, request.device);
        const std::unique_ptr<nvinfer1::IRuntime> runtime = library.create_runtime(ProcessLogger::instance());
        runtime->setErrorRecorder(&recorder);
        load_plugins(runtime->getPluginRegistry(), request.plugins);
        if (request.allows_host_code) runtime->setEngineHostCodeAllowed(true);
        const std::unique_ptr<nvinfer1::ICudaEngine> engine(
            runtime->deserializeCudaEngine(request.plan.data(), request.plan.size()));
        if (!engine) fail(recorder, said, "TensorRT does not load the plan on this device");
        const std::unique_ptr<nvinfer1::IExecutionContext> context = context_with_shapes(*engine);
        const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine->createEngineInspector());
        if (!inspector) fail(recorder, said, "TensorRT made no inspector");
        if (context) inspector->setExecutionContext(context.get());
        const char* json = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
        if (json == nullptr) fail(recorder, said, "the inspector says nothing");
        text = json;
    }
    BackgroundWork::guard_exit();
    return text;
}

}  // namespace enginery::tensorrt

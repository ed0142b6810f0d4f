#include "library.h"

#include <mutex>

#include "../shared/background_work.h"
#include "../shared/native_error.h"
#include "logger.h"

namespace enginery::tensorrt {
namespace {

struct Opened {
    std::mutex mutex;
    const Library* library = nullptr;
};

// Never destroyed: threads of builds may still use the library when the process ends.
Opened& opened_library() {
    static auto* opened = new Opened;
    return *opened;
}

LibraryVersion read_version(const SharedLibrary& core) {
    LibraryVersion version;
    // These four have been there in every version; the one number of getInferLibVersion is put together in other ways.
    version.major = core.require<int32_t() noexcept>("getInferLibMajorVersion")();
    version.minor = core.require<int32_t() noexcept>("getInferLibMinorVersion")();
    version.patch = core.require<int32_t() noexcept>("getInferLibPatchVersion")();
    version.build = core.require<int32_t() noexcept>("getInferLibBuildVersion")();
    return version;
}

}  // namespace

std::string LibraryVersion::text() const {
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch) + "." + std::to_string(build);
}

Library::Library(const LibraryPaths& paths) : paths_(paths) {
    const SharedLibrary core = SharedLibrary::open(paths.core);
    version_ = read_version(core);
    if (version_.major != kMajor) {
        throw NativeError("TRT_VERSION", paths.core + " is version " + version_.text() + ", this addon (" + kLine +
                                             ") is for major version " + std::to_string(kMajor));
    }
    create_builder_ = core.find<void*(void*, int32_t) noexcept>("createInferBuilder_INTERNAL");
    create_runtime_ = core.find<void*(void*, int32_t) noexcept>("createInferRuntime_INTERNAL");
    find_registry_ = core.find<nvinfer1::IPluginRegistry*() noexcept>("getPluginRegistry");
    if (!paths.parser.empty()) {
        const SharedLibrary parser = SharedLibrary::open(paths.parser);
        create_parser_ = parser.require<void*(void*, void*, int) noexcept>("createNvOnnxParser_INTERNAL");
    }
    if (!paths.plugins.empty()) {
        const SharedLibrary plugins = SharedLibrary::open(paths.plugins);
        using Register = bool(void*, const char*) noexcept;
        if (auto* add = plugins.find<Register>("initLibNvInferPlugins")) add(&ProcessLogger::instance(), "");
    }
    BackgroundWork::guard_exit();
}

const Library& Library::open(const LibraryPaths& paths) {
    Opened& opened = opened_library();
    const std::lock_guard<std::mutex> lock(opened.mutex);
    if (opened.library == nullptr) {
        opened.library = new Library(paths);
    } else if (opened.library->paths_.core != paths.core) {
        throw NativeError("TRT_OTHER_LIBRARY", opened.library->paths_.core);
    }
    return *opened.library;
}

const Library& Library::opened() {
    Opened& opened = opened_library();
    const std::lock_guard<std::mutex> lock(opened.mutex);
    if (opened.library == nullptr) throw NativeError("TRT_NOT_OPEN", "no TensorRT library was opened");
    return *opened.library;
}

std::unique_ptr<nvinfer1::IBuilder> Library::create_builder(nvinfer1::ILogger& logger) const {
    if (create_builder_ == nullptr) throw NativeError("TRT_NO_BUILDER", paths_.core);
    auto* builder = static_cast<nvinfer1::IBuilder*>(create_builder_(&logger, NV_TENSORRT_VERSION));
    if (builder == nullptr) throw NativeError("TRT_BUILDER", "TensorRT made no builder");
    return std::unique_ptr<nvinfer1::IBuilder>(builder);
}

std::unique_ptr<nvonnxparser::IParser> Library::create_parser(nvinfer1::INetworkDefinition& network,
                                                              nvinfer1::ILogger& logger) const {
    if (create_parser_ == nullptr) throw NativeError("TRT_NO_PARSER", paths_.core);
    auto* parser = static_cast<nvonnxparser::IParser*>(create_parser_(&network, &logger, NV_ONNX_PARSER_VERSION));
    if (parser == nullptr) throw NativeError("TRT_BUILDER", "TensorRT made no parser");
    return std::unique_ptr<nvonnxparser::IParser>(parser);
}

std::unique_ptr<nvinfer1::IRuntime> Library::create_runtime(nvinfer1::ILogger& logger) const {
    if (create_runtime_ == nullptr) throw NativeError("TRT_NO_RUNTIME", paths_.core);
    auto* runtime = static_cast<nvinfer1::IRuntime*>(create_runtime_(&logger, NV_TENSORRT_VERSION));
    if (runtime == nullptr) throw NativeError("TRT_INSPECT", "TensorRT made no runtime");
    return std::unique_ptr<nvinfer1::IRuntime>(runtime);
}

}  // namespace enginery::tensorrt

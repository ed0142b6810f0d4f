#pragma once

#include <memory>
#include <string>

#include "line.h"
#include "shared_library.h"

namespace enginery::tensorrt {

struct LibraryVersion {
    int major = 0;
    int minor = 0;
    int patch = 0;
    int build = 0;
    std::string text() const;
    bool at_least(int wanted_major, int wanted_minor) const noexcept {
        return major > wanted_major || (major == wanted_major && minor >= wanted_minor);
    }
};

// Where the files of one installation are; empty for what it lacks.
struct LibraryPaths {
    std::string core;    // libnvinfer, libnvinfer_lean or libtensorrt_rtx
    std::string parser;  // libnvonnxparser or libtensorrt_onnxparser_rtx
    std::string plugins;
};

// TensorRT as found at run time, opened once in a process: the first paths decide, since two copies of one library cannot
// work side by side. Nothing of it is ever called before its major version was seen to be that of our headers.
class Library {
public:
    // Throws NativeError: TRT_LIBRARY (does not open), TRT_VERSION (other major), TRT_OTHER_LIBRARY (another is open).
    static const Library& open(const LibraryPaths& paths);
    // Throws NativeError TRT_NOT_OPEN.
    static const Library& opened();

    const LibraryPaths& paths() const noexcept { return paths_; }
    const LibraryVersion& version() const noexcept { return version_; }
    // False for lean and dispatch runtimes.
    bool has_builder() const noexcept { return create_builder_ != nullptr; }
    bool has_parser() const noexcept { return create_parser_ != nullptr; }
    // The registry that those of builders and runtimes look into besides; null for a library that has none.
    nvinfer1::IPluginRegistry* plugin_registry() const noexcept { return find_registry_ == nullptr ? nullptr : find_registry_(); }

    // Throws NativeError TRT_NO_BUILDER or TRT_BUILDER.
    std::unique_ptr<nvinfer1::IBuilder> create_builder(nvinfer1::ILogger& logger) const;
    // The network must outlive the parser. Throws NativeError TRT_NO_PARSER or TRT_BUILDER.
    std::unique_ptr<nvonnxparser::IParser> create_parser(nvinfer1::INetworkDefinition& network, nvinfer1::ILogger& logger) const;
    // Only where the driver has shown a device: else TensorRT answers with a pointer to nothing, and no null. Throws
    // NativeError TRT_NO_RUNTIME or TRT_INSPECT.
    std::unique_ptr<nvinfer1::IRuntime> create_runtime(nvinfer1::ILogger& logger) const;

private:
    explicit Library(const LibraryPaths& paths);

    LibraryPaths paths_;
    LibraryVersion version_;
    void* (*create_builder_)(void* logger, int32_t version) noexcept = nullptr;
    void* (*create_parser_)(void* network, void* logger, int version) noexcept = nullptr;
    void* (*create_runtime_)(void* logger, int32_t version) noexcept = nullptr;
    nvinfer1::IPluginRegistry* (*find_registry_)() noexcept = nullptr;
};

}  // namespace enginery::tensorrt

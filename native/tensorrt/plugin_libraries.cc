#include "plugin_libraries.h"

#include <map>
#include <mutex>

#include "../shared/background_work.h"
#include "../shared/native_error.h"
#include "library.h"
#include "logger.h"
#include "option_names.h"
#include "shared_library.h"

namespace enginery::tensorrt {
namespace {

struct OpenedPlugins {
    std::mutex mutex;
    // By handle: the same library under two names is loaded once, and registers its plugins then alone.
    std::map<const void*, PluginLibraryKind> kinds;
};

// Never destroyed: what the libraries registered stays for as long as the process.
OpenedPlugins& opened_plugins() {
    static auto* opened = new OpenedPlugins;
    return *opened;
}

int32_t count_creators() {
    const nvinfer1::IPluginRegistry* registry = Library::opened().plugin_registry();
    int32_t count = 0;
    if (registry != nullptr) registry->getAllCreators(&count);
    return count;
}

SharedLibrary open_library(const std::string& path) {
    try {
        return SharedLibrary::open(path);
    } catch (const NativeError& error) {
        throw NativeError("TRT_PLUGIN_LIBRARY", error.what());
    }
}

}  // namespace

PluginLibraryKind open_plugins(const std::string& path) {
    OpenedPlugins& opened = opened_plugins();
    const std::lock_guard<std::mutex> lock(opened.mutex);
    const int32_t before = count_creators();
    const SharedLibrary library = open_library(path);
    BackgroundWork::guard_exit();
    const auto known = opened.kinds.find(library.handle());
    if (known != opened.kinds.end()) return known->second;
    const bool is_registered = count_creators() > before;
    if (!is_registered && library.find("getCreators") == nullptr) {
        const bool is_old = library.find("getPluginCreators") != nullptr;
        throw NativeError("TRT_PLUGIN_LIBRARY",
                          is_old ? "it exports getPluginCreators alone, which was for TensorRT 8: TensorRT looks for getCreators"
                                 : "it is no library of plugins: it has no function getCreators, and registered nothing when it "
                                   "was loaded");
    }
    // A library that does both would have its plugins refused as being there already.
    const PluginLibraryKind kind = is_registered ? PluginLibraryKind::kRegistered : PluginLibraryKind::kCreators;
    opened.kinds.emplace(library.handle(), kind);
    return kind;
}

void load_plugins(nvinfer1::IPluginRegistry& registry, const std::vector<std::string>& paths) {
#if defined(ENGINERY_TENSORRT_RTX)
    // Its registry takes them, and its networks end the process when one is added.
    (void)registry;
    if (!paths.empty()) refuse_name("place for", "plugins");
#else
    for (const std::string& path : paths) {
        LogCapture said(nvinfer1::ILogger::Severity::kERROR);
        if (registry.loadLibrary(path.c_str()) != nullptr) continue;
        const std::vector<LogLine> lines = said.take();
        throw NativeError("TRT_PLUGIN_LIBRARY", path + ": " + (lines.empty() ? "TensorRT does not take it" : lines.front().text));
    }
#endif
}

}  // namespace enginery::tensorrt

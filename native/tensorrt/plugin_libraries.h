#pragma once

#include <string>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

// How the plugins of a library of the user's own come into a registry.
enum class PluginLibraryKind {
    kCreators,    // it exports getCreators: each registry that is to have them loads it
    kRegistered,  // it registered its creators while it was loaded, in the registry that all others look into
};

// Loads a library of plugins for good, so that what is wrong with it is known before anything is built. The same library
// again answers at once. `path` is absolute.
//
// Throws NativeError TRT_PLUGIN_LIBRARY, with the linker's words where the library does not load.
PluginLibraryKind open_plugins(const std::string& path);

// Brings the plugins of these libraries into a registry of a builder or a runtime. Each of `paths` was opened, and exports
// getCreators. Throws NativeError TRT_PLUGIN_LIBRARY, with TensorRT's words.
void load_plugins(nvinfer1::IPluginRegistry& registry, const std::vector<std::string>& paths);

}  // namespace enginery::tensorrt

#include "plugin_paths.h"

#include <algorithm>

namespace enginery::tensorrt {

std::vector<std::string> plugins_for_plan(const std::map<std::string, bool>& flags, std::vector<std::string> asked,
                                          const std::vector<std::string>& needed) {
    const auto is_on = [&flags](const char* name) {
        const auto flag = flags.find(name);
        return flag != flags.end() && flag->second;
    };
    if (!is_on("version-compatible") || is_on("exclude-lean-runtime")) return asked;
    for (const std::string& path : needed) {
        if (std::find(asked.begin(), asked.end(), path) == asked.end()) asked.push_back(path);
    }
    return asked;
}

}  // namespace enginery::tensorrt

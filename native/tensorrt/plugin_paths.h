#pragma once

#include <map>
#include <string>
#include <vector>

namespace enginery::tensorrt {

// Libraries of plugins that go into a plan, each once. As trtexec does it, plans that other versions load and that bring a
// runtime (`version-compatible`, without `exclude-lean-runtime`) bring those of NVIDIA's, too, that the parser says they need.
std::vector<std::string> plugins_for_plan(const std::map<std::string, bool>& flags, std::vector<std::string> asked,
                                          const std::vector<std::string>& needed);

}  // namespace enginery::tensorrt

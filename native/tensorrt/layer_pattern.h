#pragma once

#include <string>

namespace enginery::tensorrt {

// Whether a name is what a pattern stands for. `*` stands for any characters or none, as in trtexec's options for layers; a
// name may hold a star itself, and is always what it says.
bool matches_pattern(const std::string& pattern, const std::string& name);

}  // namespace enginery::tensorrt

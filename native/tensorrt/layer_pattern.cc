#include "layer_pattern.h"

namespace enginery::tensorrt {

bool matches_pattern(const std::string& pattern, const std::string& name) {
    if (pattern == name) return true;
    const size_t star = pattern.find('*');
    if (star == std::string::npos) return false;
    const size_t behind = pattern.size() - star - 1;
    if (name.size() < star + behind) return false;
    return name.compare(0, star, pattern, 0, star) == 0 &&
           name.compare(name.size() - behind, behind, pattern, star + 1, behind) == 0;
}

}  // namespace enginery::tensorrt

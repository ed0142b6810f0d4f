#include "tensor_size.h"

#include "model_bytes.h"

namespace enginery::model_guard {

bool is_impossible_size(const std::vector<int64_t>& lengths) {
    // Not cut short at a length of 0: the engine multiplies some of the others on their own.
    int64_t elements = 1;
    for (const int64_t length : lengths) {
        if (length <= 1) continue;
        if (length > most_elements / elements) return true;
        elements *= length;
    }
    return false;
}

void refuse_impossible_size(const std::vector<int64_t>& lengths, const std::string& what) {
    if (is_impossible_size(lengths)) throw Damage(what.substr(0, 200) + " has the impossible shape " + show_lengths(lengths));
}

std::string show_lengths(const std::vector<int64_t>& lengths) {
    std::string shown;
    for (const int64_t length : lengths) shown += (shown.empty() ? "" : ", ") + std::to_string(length);
    return "[" + shown + "]";
}

}  // namespace enginery::model_guard

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace enginery::model_guard {

// More elements than any memory holds; products beyond wrap around in the engine, which then allocates too little.
constexpr int64_t most_elements = int64_t{1} << 40;

// Whether a tensor of these lengths has more; lengths of -1 and below count as 1, a 0 makes none.
bool is_impossible_size(const std::vector<int64_t>& lengths);

// Throws Damage for one.
void refuse_impossible_size(const std::vector<int64_t>& lengths, const std::string& what);

// [1, 3, 224]
std::string show_lengths(const std::vector<int64_t>& lengths);

}  // namespace enginery::model_guard

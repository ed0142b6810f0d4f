#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace enginery::tensorrt {

// What TensorRT measured for one layer in one form. The key is its own, written as it writes it: 0x and 32 hexadecimal digits.
struct TimingEntry {
    std::string key;
    uint64_t tactic = 0;
    float milliseconds = 0;
};

// A new tactic for a key, or, without one, the end of its entry.
struct TimingChange {
    std::string key;
    std::optional<TimingEntry> value;
};

struct TimingCacheReport {
    // In the order in which TensorRT tells of them, after the changes.
    std::vector<TimingEntry> entries;
    // Keys of changes that TensorRT refused: those that the cache does not have, and tactics that are none.
    std::vector<std::string> refused;
    // The cache with the changes in it; nothing where there were none.
    std::optional<std::string> bytes;
};

// Entries of a timing cache, after changes were made to it. TensorRT has no such question before 10.8, and none in TensorRT-RTX.
TimingCacheReport edit_timing_cache(const std::string& bytes, const std::vector<TimingChange>& changes, int device);

// "0x" and 32 hexadecimal digits as the 16 bytes that they mean; throws NativeError.
std::string read_timing_key(const std::string& text);

}  // namespace enginery::tensorrt

#include "histogram.h"

#include <algorithm>
#include <vector>

#include "../cpu/simd_dispatch.h"
#include "../elements/scalar_conversion.h"

namespace enginery::kernels {

namespace {

constexpr uint32_t infinity_bits = 0x7f800000u;

// log2 of Histogram::half.
constexpr int half_exponent = 12;
static_assert(1 << half_exponent == Histogram::half);

// Elements whose bins are computed together, before they are counted one by one.
constexpr size_t block = 512;

// Neighbours often are equal (Relu makes zeros): tables of their own, so that no count waits for the one before it.
constexpr size_t tables = 4;

struct LargestMagnitude {
    const float* values;
    size_t count;
    uint32_t* largest;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        uint32_t found = 0;
        for (size_t i = 0; i < count; ++i) {
            const uint32_t magnitude = bits_from_float(values[i]) & 0x7fffffffu;
            found = magnitude > found ? magnitude : found;
        }
        *largest = found;
    }
};

struct BinsOfBlock {
    const float* values;
    size_t count;
    float scale;
    int32_t* bins;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        for (size_t i = 0; i < count; ++i) {
            // Scaling by a power of two is exact, but for what is too small to be seen: below zero that is still below.
            const float scaled = values[i] * scale;
            const auto truncated = static_cast<int32_t>(scaled);
            const int32_t floor = truncated - (static_cast<float>(truncated) > scaled ? 1 : 0);
            bins[i] = (values[i] < 0 && floor == 0 ? -1 : floor) + Histogram::half;
        }
    }
};

}  // namespace

uint32_t largest_magnitude(const float* values, size_t count, SimdLevel level) {
    uint32_t largest = 0;
    run(level, LargestMagnitude{values, count, &largest});
    return largest;
}

int Histogram::exponent_for(uint32_t magnitude_bits) {
    // The magnitude is less than 2^(exponent + 1), which is where the last bin ends.
    const int exponent = static_cast<int>(magnitude_bits >> 23) - 127;
    // Smaller widths have no reciprocal in float32.
    return std::max(exponent + 1 - half_exponent, -126);
}

bool Histogram::add(const float* values, size_t count, SimdLevel level) {
    if (count == 0) return true;
    const uint32_t largest = largest_magnitude(values, count, level);
    if (largest >= infinity_bits) return false;
    const int needed = exponent_for(largest);
    if (empty()) {
        memory_[0] = 1;
        memory_[1] = needed;
    } else if (needed > exponent()) {
        widen(needed);
    }
    // The scale is 2^-exponent.
    const float scale = float_from_bits(static_cast<uint32_t>(127 - exponent()) << 23);
    std::vector<uint32_t> found(tables * bins);
    const auto flush = [&] {
        for (size_t bin = 0; bin < bins; ++bin) {
            uint64_t sum = 0;
            for (size_t table = 0; table < tables; ++table) sum += found[table * bins + bin];
            counts()[bin] += static_cast<double>(sum);
        }
    };
    int32_t places[block];
    // A table's counts have 32 bits.
    constexpr size_t most_between = size_t{1} << 31;
    size_t since = 0;
    for (size_t start = 0; start < count; start += block) {
        const size_t length = std::min(block, count - start);
        run(level, BinsOfBlock{values + start, length, scale, places});
        size_t i = 0;
        for (; i + tables <= length; i += tables) {
            for (size_t table = 0; table < tables; ++table) ++found[table * bins + static_cast<size_t>(places[i + table])];
        }
        for (; i < length; ++i) ++found[static_cast<size_t>(places[i])];
        since += length;
        if (since >= most_between) {
            flush();
            std::fill(found.begin(), found.end(), 0u);
            since = 0;
        }
    }
    flush();
    return true;
}

void Histogram::widen(int exponent) {
    double* bins_of = counts();
    const int steps = std::min(exponent - this->exponent(), half_exponent + 1);
    for (int step = 0; step < steps; ++step) {
        // From zero outwards, so that a bin is read before it is written.
        for (int bin = 0; bin < half; ++bin) {
            const int from = 2 * bin;
            bins_of[half + bin] = from < half ? bins_of[half + from] + bins_of[half + from + 1] : 0;
            bins_of[half - 1 - bin] = from < half ? bins_of[half - 1 - from] + bins_of[half - 2 - from] : 0;
        }
    }
    memory_[1] = exponent;
}

}  // namespace enginery::kernels

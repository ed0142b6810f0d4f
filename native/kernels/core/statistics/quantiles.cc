#include "quantiles.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "../elements/scalar_conversion.h"

namespace enginery::kernels {

namespace {

// Whole numbers in the order of the floats.
uint32_t ordered_from_float(float value) {
    const uint32_t bits = bits_from_float(value);
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

// The upper bits: sign, exponent, and three bits of the mantissa.
constexpr int kept_bits = 12;
constexpr size_t buckets = size_t{1} << kept_bits;

constexpr size_t tables = 4;
constexpr size_t most_between = size_t{1} << 31;

size_t bucket_of(float value) {
    return ordered_from_float(value) >> (32 - kept_bits);
}

// Finds elements by rank: those of the bucket that has the rank are looked at, no others.
class RankFinder {
public:
    RankFinder(const float* values, size_t count) : values_(values), count_(count) {
        // Neighbours often are equal: tables of their own, so that no count waits for the one before it.
        std::vector<uint32_t> found(tables * buckets);
        size_t since = 0;
        for (size_t i = 0; i < count; ++i) {
            ++found[(i % tables) * buckets + bucket_of(values[i])];
            // A table's counts have 32 bits.
            if (++since < most_between && i + 1 < count) continue;
            for (size_t place = 0; place < found.size(); ++place) sizes_[place % buckets] += found[place];
            std::fill(found.begin(), found.end(), 0u);
            since = 0;
        }
    }

    float at(double fraction) {
        const double rank = fraction * static_cast<double>(count_ - 1);
        const auto below = static_cast<size_t>(rank);
        const float low = element(below);
        const double rest = rank - static_cast<double>(below);
        if (rest == 0) return low;
        const float high = element(below + 1);
        return static_cast<float>(low + (static_cast<double>(high) - low) * rest);
    }

private:
    float element(size_t rank) {
        size_t before = 0;
        size_t bucket = 0;
        while (before + sizes_[bucket] <= rank) before += sizes_[bucket++];
        load(bucket);
        // Zeros that Relu made: nothing to put in order.
        if (std::all_of(members_.begin(), members_.end(), [this](float value) { return value == members_.front(); })) {
            return members_.front();
        }
        const auto place = members_.begin() + static_cast<std::ptrdiff_t>(rank - before);
        std::nth_element(members_.begin(), place, members_.end());
        return *place;
    }

    void load(size_t bucket) {
        if (loaded_ == bucket) return;
        loaded_ = bucket;
        // One place more: every element is written, and overwritten unless it belongs here. No branch to be guessed.
        members_.resize(sizes_[bucket] + 1);
        size_t filled = 0;
        for (size_t i = 0; i < count_; ++i) {
            members_[filled] = values_[i];
            filled += bucket_of(values_[i]) == bucket ? 1 : 0;
        }
        members_.resize(filled);
    }

    const float* values_;
    size_t count_;
    std::array<size_t, buckets> sizes_{};
    std::vector<float> members_;
    size_t loaded_ = buckets;
};

}  // namespace

Quantiles find_quantiles(const float* values, size_t count, double lower, double upper) {
    if (count == 0) return {};
    RankFinder finder(values, count);
    const float low = finder.at(lower);
    return {low, finder.at(upper)};
}

}  // namespace enginery::kernels

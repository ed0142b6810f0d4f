#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "line.h"

namespace enginery::tensorrt {

// What an input may be in one optimization profile: dimensions, or, for an input that is a shape tensor, its values.
struct ProfileRange {
    std::string input;
    bool is_values = false;
    std::vector<int64_t> min;
    std::vector<int64_t> opt;
    std::vector<int64_t> max;
};

using ProfileRanges = std::vector<ProfileRange>;

// Gives inputs fixed dimensions. Throws NativeError TRT_PROFILE where the network has no such input or other dimensions.
void fix_input_shapes(nvinfer1::INetworkDefinition& network, const std::map<std::string, std::vector<int64_t>>& shapes);

// `title` begins messages. The builder owns the profile. Throws NativeError TRT_PROFILE.
nvinfer1::IOptimizationProfile* make_profile(nvinfer1::IBuilder& builder, const ProfileRanges& ranges, const std::string& title);

// Adds the profiles in order. Throws NativeError TRT_PROFILE that names profile and input.
// Answers the profiles themselves, which the builder owns.
std::vector<nvinfer1::IOptimizationProfile*> add_profiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                                                          const std::vector<ProfileRanges>& profiles);

}  // namespace enginery::tensorrt

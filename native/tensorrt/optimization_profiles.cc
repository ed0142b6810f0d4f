#include "optimization_profiles.h"

#include "../shared/native_error.h"

namespace enginery::tensorrt {
namespace {

using nvinfer1::Dims;
using nvinfer1::IOptimizationProfile;
using nvinfer1::OptProfileSelector;

[[noreturn]] void refuse(const std::string& profile, const std::string& input, const std::string& reason) {
    throw NativeError("TRT_PROFILE", profile + ", input " + input + ": " + reason);
}

Dims dims_of(const std::vector<int64_t>& lengths, const std::string& input) {
    Dims dims;
    if (lengths.size() > static_cast<size_t>(Dims::MAX_DIMS)) {
        throw NativeError("TRT_PROFILE", input + ": more than " + std::to_string(Dims::MAX_DIMS) + " dimensions");
    }
    dims.nbDims = static_cast<int32_t>(lengths.size());
    for (size_t i = 0; i < lengths.size(); ++i) dims.d[i] = lengths[i];
    return dims;
}

bool set_values(IOptimizationProfile& profile, const char* input, OptProfileSelector which, const std::vector<int64_t>& values) {
    const auto count = static_cast<int32_t>(values.size());
#if defined(ENGINERY_TENSORRT_V10)
    // The form with 64 bits came later in 10.x; this one is in all of it.
    const std::vector<int32_t> narrow(values.begin(), values.end());
    return profile.setShapeValues(input, which, narrow.data(), count);
#else
    return profile.setShapeValuesV2(input, which, values.data(), count);
#endif
}

void add_range(IOptimizationProfile& profile, const ProfileRange& range, const std::string& title) {
    const std::pair<OptProfileSelector, const std::vector<int64_t>*> sides[] = {
        {OptProfileSelector::kMIN, &range.min}, {OptProfileSelector::kOPT, &range.opt}, {OptProfileSelector::kMAX, &range.max}};
    for (const auto& [which, numbers] : sides) {
        const char* input = range.input.c_str();
        const bool taken = range.is_values ? set_values(profile, input, which, *numbers)
                                           : profile.setDimensions(input, which, dims_of(*numbers, range.input));
        if (!taken) refuse(title, range.input, "TensorRT does not take these numbers");
    }
}

nvinfer1::ITensor& find_input(nvinfer1::INetworkDefinition& network, const std::string& name) {
    for (int32_t i = 0; i < network.getNbInputs(); ++i) {
        if (name == network.getInput(i)->getName()) return *network.getInput(i);
    }
    throw NativeError("TRT_PROFILE", "the network has no input " + name);
}

}  // namespace

void fix_input_shapes(nvinfer1::INetworkDefinition& network, const std::map<std::string, std::vector<int64_t>>& shapes) {
    for (const auto& [name, lengths] : shapes) {
        nvinfer1::ITensor& input = find_input(network, name);
        const Dims before = input.getDimensions();
        const Dims wanted = dims_of(lengths, name);
        bool fits = before.nbDims == wanted.nbDims;
        for (int32_t i = 0; fits && i < wanted.nbDims; ++i) fits = before.d[i] < 0 || before.d[i] == wanted.d[i];
        if (!fits) throw NativeError("TRT_PROFILE", "input " + name + " of the model cannot have this shape");
        input.setDimensions(wanted);
    }
}

IOptimizationProfile* make_profile(nvinfer1::IBuilder& builder, const ProfileRanges& ranges, const std::string& title) {
    IOptimizationProfile* profile = builder.createOptimizationProfile();
    if (profile == nullptr) throw NativeError("TRT_PROFILE", "TensorRT made no optimization profile");
    for (const ProfileRange& range : ranges) add_range(*profile, range, title);
    if (!profile->isValid()) refuse(title, ranges.empty() ? "(none)" : ranges.front().input, "min <= opt <= max does not hold");
    return profile;
}

std::vector<IOptimizationProfile*> add_profiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                                                const std::vector<ProfileRanges>& profiles) {
    std::vector<IOptimizationProfile*> added;
    for (size_t i = 0; i < profiles.size(); ++i) {
        IOptimizationProfile* profile = make_profile(builder, profiles[i], "profile " + std::to_string(i));
        if (config.addOptimizationProfile(profile) < 0)
            refuse("profile " + std::to_string(i), "(all)", "TensorRT does not take the profile");
        added.push_back(profile);
    }
    return added;
}

}  // namespace enginery::tensorrt

#include "layer_settings.h"

#include "layer_pattern.h"
#include "option_names.h"

namespace enginery::tensorrt {
namespace {

using nvinfer1::DataType;
using nvinfer1::ILayer;

// Rules of one group, and what became of each.
class RuleBook {
public:
    RuleBook(const char* group, const std::vector<LayerRule>& rules) : group_(group), rules_(rules), fates_(rules.size()) {}

    // Hands the rule for a layer to `use`, which answers "" or the reason why it does not fit.
    template <typename Use>
    void apply(const std::string& name, Use&& use) {
        const int index = find_rule(name);
        // Rules that others win over are used all the same: they match.
        for (size_t i = 0; i < rules_.size(); ++i) {
            if (matches_pattern(rules_[i].pattern, name) && static_cast<int>(i) != index) fates_[i] = Fate{true, ""};
        }
        if (index < 0) return;
        const auto place = static_cast<size_t>(index);
        const bool is_exact = rules_[place].pattern == name;
        const std::string reason = use(rules_[place].values, is_exact);
        Fate& fate = fates_[place];
        if (reason.empty()) {
            fate = Fate{true, ""};
        } else if (!fate.is_used) {
            fate.reason = reason;
        }
    }

    void report_unused(std::vector<UnusedLayerRule>& unused) const {
        for (size_t i = 0; i < rules_.size(); ++i) {
            if (!fates_[i].is_used) unused.push_back({group_, rules_[i].pattern, fates_[i].reason});
        }
    }

private:
    struct Fate {
        bool is_used = false;
        std::string reason = "no-layer";
    };

    int find_rule(const std::string& name) const {
        int found = -1;
        for (size_t i = 0; i < rules_.size(); ++i) {
            if (rules_[i].pattern == name) return static_cast<int>(i);
            if (matches_pattern(rules_[i].pattern, name)) found = static_cast<int>(i);
        }
        return found;
    }

    const char* group_;
    const std::vector<LayerRule>& rules_;
    std::vector<Fate> fates_;
};

#if defined(ENGINERY_TENSORRT_V10)

bool is_integer(DataType type) {
    return type == DataType::kINT32 || type == DataType::kINT64 || type == DataType::kBOOL || type == DataType::kUINT8;
}

// Layers that a pattern catches without being meant: those that compute on indices, lengths or truths have no precision to
// choose, and TensorRT fails on one that is set.
bool computes_on_integers(const ILayer& layer) {
    // The parser has said so of some, such as the shape of a tensor of floats.
    if (is_integer(layer.getPrecision())) return true;
    bool has_float = false;
    bool has_any = false;
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
        const nvinfer1::ITensor* input = layer.getInput(i);
        if (input == nullptr) continue;
        if (i == 0 && input->isShapeTensor()) return true;
        has_any = true;
        has_float = has_float || !is_integer(input->getType());
    }
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
        const nvinfer1::ITensor* output = layer.getOutput(i);
        if (output == nullptr) continue;
        if (i == 0 && output->isShapeTensor()) return true;
        has_any = true;
        has_float = has_float || !is_integer(output->getType());
    }
    return has_any && !has_float;
}

std::string set_precision(ILayer& layer, const std::vector<std::string>& values, bool is_exact) {
    if (!is_exact && computes_on_integers(layer)) return "not-float";
    layer.setPrecision(value_of("data type", data_types(), values.at(0)));
    return "";
}

std::string set_output_types(ILayer& layer, const std::vector<std::string>& values, bool is_exact) {
    if (!is_exact && computes_on_integers(layer)) return "not-float";
    const bool is_for_all = values.size() == 1;
    if (!is_for_all && static_cast<int32_t>(values.size()) != layer.getNbOutputs()) return "outputs";
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
        const std::string& name = values[is_for_all ? 0 : static_cast<size_t>(i)];
        layer.setOutputType(i, value_of("data type", data_types(), name));
    }
    return "";
}

#endif

}  // namespace

std::vector<UnusedLayerRule> apply_layer_settings(nvinfer1::INetworkDefinition& network, nvinfer1::IBuilderConfig& config,
                                                  const LayerSettings& settings) {
    std::vector<UnusedLayerRule> unused;
    if (settings.empty()) return unused;
    RuleBook precisions("precision", settings.precisions);
    RuleBook output_types("output-type", settings.output_types);
    RuleBook devices("device", settings.devices);
#if !defined(ENGINERY_TENSORRT_V10)
    if (!settings.precisions.empty()) refuse_name("precisions of", "layers");
    if (!settings.output_types.empty()) refuse_name("output types of", "layers");
#endif
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        ILayer& layer = *network.getLayer(i);
        const std::string name = layer.getName();
#if defined(ENGINERY_TENSORRT_V10)
        precisions.apply(name, [&](const auto& values, bool is_exact) { return set_precision(layer, values, is_exact); });
        output_types.apply(name, [&](const auto& values, bool is_exact) { return set_output_types(layer, values, is_exact); });
#endif
        devices.apply(name, [&](const auto& values, bool) {
            config.setDeviceType(&layer, value_of("device type", device_types(), values.at(0)));
            return std::string();
        });
    }
    precisions.report_unused(unused);
    output_types.report_unused(unused);
    devices.report_unused(unused);
    return unused;
}

void report_layer_settings(const nvinfer1::INetworkDefinition& network, const nvinfer1::IBuilderConfig& config,
                           NetworkReport& report) {
    for (int32_t i = 0; i < network.getNbLayers(); ++i) {
        const ILayer& layer = *network.getLayer(i);
        NetworkLayer& described = report.layers.at(static_cast<size_t>(i));
#if defined(ENGINERY_TENSORRT_V10)
        if (layer.precisionIsSet()) described.precision = name_of(data_types(), layer.getPrecision());
        for (int32_t k = 0; k < layer.getNbOutputs(); ++k) {
            const nvinfer1::ITensor* output = layer.getOutput(k);
            if (output == nullptr) continue;
            described.output_types.emplace_back(layer.outputTypeIsSet(k) ? name_of(data_types(), layer.getOutputType(k)) : "");
        }
#endif
        if (config.isDeviceTypeSet(&layer)) described.device = name_of(device_types(), config.getDeviceType(&layer));
    }
}

}  // namespace enginery::tensorrt

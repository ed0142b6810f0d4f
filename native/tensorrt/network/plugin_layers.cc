#include <cstring>
#include <memory>

#include "../../shared/native_error.h"
#include "../library.h"
#include "layer_makers.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

#if defined(ENGINERY_TENSORRT_RTX)

nvinfer1::ILayer* make_plugin(const LayerContext&) {
    throw NativeError("TRT_PLUGIN", "networks of TensorRT-RTX take no plugins");
}

#else

using nvinfer1::IPluginCreatorInterface;

std::string full_name(const LayerContext& context) {
    const auto& choices = context.layer.choices;
    return choices.at("plugin") + " version " + choices.at("version");
}

// Creators are of two generations, with the same functions in classes that have nothing in common but this question.
template <typename Use>
auto with_creator(IPluginCreatorInterface& creator, Use&& use) {
    const char* kind = creator.getInterfaceInfo().kind;
    if (std::strcmp(kind, "PLUGIN CREATOR_V3ONE") == 0) return use(static_cast<nvinfer1::IPluginCreatorV3One&>(creator));
    if (std::strcmp(kind, "PLUGIN CREATOR_V1") == 0) return use(static_cast<nvinfer1::IPluginCreator&>(creator));
    throw NativeError("TRT_PLUGIN", std::string("its creator is of a kind that is not known: ") + kind);
}

std::string list_versions(nvinfer1::IPluginRegistry& registry, const std::string& wanted) {
    int32_t count = 0;
    // Those that come with TensorRT are in a parent of the builder's registry. The call is younger than the line.
    if (!Library::opened().version().at_least(10, 8)) return "it is not in the registry";
    IPluginCreatorInterface* const* creators = registry.getAllCreatorsRecursive(&count);
    std::string same;
    for (int32_t i = 0; i < count; ++i) {
        if (creators[i] == nullptr) continue;
        const char* kind = creators[i]->getInterfaceInfo().kind;
        if (std::strcmp(kind, "PLUGIN CREATOR_V3ONE") != 0 && std::strcmp(kind, "PLUGIN CREATOR_V1") != 0) continue;
        with_creator(*creators[i], [&](auto& creator) {
            if (wanted == creator.getPluginName()) same += std::string(same.empty() ? "" : ", ") + creator.getPluginVersion();
        });
    }
    return same.empty() ? "none of the " + std::to_string(count) + " plugins in the registry has this name"
                        : "the registry has version " + same + " of it";
}

IPluginCreatorInterface& find_creator(const LayerContext& context) {
    const auto& choices = context.layer.choices;
    const auto space = choices.find("namespace");
    nvinfer1::IPluginRegistry& registry = context.builder.getPluginRegistry();
    auto* creator = registry.getCreator(choices.at("plugin").c_str(), choices.at("version").c_str(),
                                        space == choices.end() ? "" : space->second.c_str());
    if (creator == nullptr) {
        throw NativeError("TRT_PLUGIN",
                          "there is no plugin " + full_name(context) + ": " + list_versions(registry, choices.at("plugin")));
    }
    return *creator;
}

// What is set must be something that the plugin knows: most plugins pass over the rest without a word.
void check_fields(const LayerContext& context, const nvinfer1::PluginFieldCollection* known) {
    if (known == nullptr || known->nbFields == 0) return;
    for (const PluginFieldDefinition& field : context.layer.fields) {
        std::string names;
        const nvinfer1::PluginField* found = nullptr;
        for (int32_t i = 0; i < known->nbFields; ++i) {
            const nvinfer1::PluginField& one = known->fields[i];
            names += std::string(names.empty() ? "" : ", ") + one.name;
            if (field.name == one.name) found = &one;
        }
        if (found == nullptr) {
            throw NativeError("TRT_PLUGIN", full_name(context) + " has no field " + field.name + "; it has " + names);
        }
        const char* type = name_of(plugin_field_types(), found->type);
        if (found->type != nvinfer1::PluginFieldType::kUNKNOWN && field.type != type) {
            throw NativeError("TRT_PLUGIN", "field " + field.name + " of " + full_name(context) + " is " + type +
                                                ", and was given as " + field.type);
        }
    }
}

nvinfer1::ILayer* make_plugin(const LayerContext& context) {
    IPluginCreatorInterface& found = find_creator(context);
    std::vector<nvinfer1::PluginField> fields;
    for (const PluginFieldDefinition& field : context.layer.fields) {
        fields.emplace_back(field.name.c_str(), field.bytes.data(), value_of("type", plugin_field_types(), field.type),
                            field.length);
    }
    const nvinfer1::PluginFieldCollection collection{static_cast<int32_t>(fields.size()), fields.data()};
    with_creator(found, [&](auto& creator) { check_fields(context, creator.getFieldNames()); });
    const std::vector<nvinfer1::ITensor*> inputs = context.inputs();
    const auto count = static_cast<int32_t>(inputs.size());
    const char* name = context.layer.name.empty() ? context.layer.choices.at("plugin").c_str() : context.layer.name.c_str();
    // The network keeps a copy of the plugin; this one goes.
    if (std::strcmp(found.getInterfaceInfo().kind, "PLUGIN CREATOR_V3ONE") == 0) {
        auto& creator = static_cast<nvinfer1::IPluginCreatorV3One&>(found);
        const std::unique_ptr<nvinfer1::IPluginV3> plugin(
            creator.createPlugin(name, &collection, nvinfer1::TensorRTPhase::kBUILD));
        if (!plugin) throw NativeError("TRT_PLUGIN", full_name(context) + " could not be made from its fields");
        return context.network.addPluginV3(inputs.data(), count, nullptr, 0, *plugin);
    }
    auto& creator = static_cast<nvinfer1::IPluginCreator&>(found);
    const auto destroy = [](nvinfer1::IPluginV2* plugin) { plugin->destroy(); };
    const std::unique_ptr<nvinfer1::IPluginV2, decltype(destroy)> plugin(creator.createPlugin(name, &collection), destroy);
    if (!plugin) throw NativeError("TRT_PLUGIN", full_name(context) + " could not be made from its fields");
    return context.network.addPluginV2(inputs.data(), count, *plugin);
}

#endif

}  // namespace

const LayerMakers& plugin_layers() {
    static const LayerMakers makers = {{"plugin", make_plugin}};
    return makers;
}

}  // namespace enginery::tensorrt

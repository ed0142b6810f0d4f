#include "build_result.h"

#include <algorithm>
#include <cstring>

#include "../shared/js_error.h"
#include "names_of.h"
#include "network/read_network.h"
#include "option_names.h"

namespace enginery::tensorrt {
namespace {

template <typename Items, typename Convert>
Napi::Array to_array(Napi::Env env, const Items& items, Convert&& convert) {
    Napi::Array array = Napi::Array::New(env, items.size());
    uint32_t index = 0;
    for (const auto& item : items) array.Set(index++, convert(item));
    return array;
}

Napi::Array texts_to_js(Napi::Env env, const std::vector<std::string>& texts) {
    return to_array(env, texts, [&](const std::string& text) { return Napi::String::New(env, text); });
}

template <typename Map>
Napi::Object map_to_js(Napi::Env env, const Map& map) {
    Napi::Object object = Napi::Object::New(env);
    for (const auto& [name, value] : map) object.Set(name, value);
    return object;
}

Napi::Object tensor_to_js(Napi::Env env, const NetworkTensor& tensor) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", tensor.name);
    object.Set("type", tensor.type);
    object.Set("shape",
               to_array(env, tensor.shape, [&](int64_t length) { return Napi::Number::New(env, static_cast<double>(length)); }));
    object.Set("isShapeTensor", tensor.is_shape_tensor);
    return object;
}

Napi::Object network_to_js(Napi::Env env, const NetworkReport& network) {
    const auto tensor = [&](const NetworkTensor& one) { return tensor_to_js(env, one); };
    Napi::Object object = Napi::Object::New(env);
    object.Set("inputs", to_array(env, network.inputs, tensor));
    object.Set("outputs", to_array(env, network.outputs, tensor));
    object.Set("layers", to_array(env, network.layers, [&](const NetworkLayer& layer) {
                   Napi::Object one = Napi::Object::New(env);
                   one.Set("name", layer.name);
                   one.Set("type", layer.type);
                   if (!layer.operation.empty()) one.Set("operation", layer.operation);
                   one.Set("inputs", texts_to_js(env, layer.inputs));
                   one.Set("outputs", to_array(env, layer.outputs, tensor));
                   if (!layer.precision.empty()) one.Set("precision", layer.precision);
                   if (!layer.device.empty()) one.Set("device", layer.device);
                   const auto is_set = [](const std::string& type) { return !type.empty(); };
                   if (std::any_of(layer.output_types.begin(), layer.output_types.end(), is_set)) {
                       one.Set("outputTypes", texts_to_js(env, layer.output_types));
                   }
                   return one;
               }));
    return object;
}

Napi::Array problems_to_js(Napi::Env env, const std::vector<ParserProblem>& problems) {
    return to_array(env, problems, [&](const ParserProblem& problem) {
        Napi::Object object = Napi::Object::New(env);
        object.Set("code", problem.code);
        object.Set("description", problem.description);
        object.Set("node", problem.node);
        object.Set("nodeName", problem.node_name);
        object.Set("nodeOperator", problem.node_operator);
        object.Set("functions", texts_to_js(env, problem.functions));
        return object;
    });
}

Napi::Array log_to_js(Napi::Env env, const std::vector<LogLine>& lines) {
    return to_array(env, lines, [&](const LogLine& line) {
        Napi::Object object = Napi::Object::New(env);
        object.Set("severity", line.severity);
        object.Set("text", line.text);
        object.Set("ofAnyBuild", line.of_any_build);
        return object;
    });
}

const char* kind_name(BuildOutcome::Kind kind) {
    switch (kind) {
        case BuildOutcome::Kind::kBuilt: return "built";
        case BuildOutcome::Kind::kDescribed: return "described";
        case BuildOutcome::Kind::kNotParsed: return "not-parsed";
        case BuildOutcome::Kind::kCancelled: return "cancelled";
        default: return "failed";
    }
}

}  // namespace

Napi::ArrayBuffer bytes_to_js(Napi::Env env, const void* data, size_t size) {
    Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, size);
    std::memcpy(buffer.Data(), data, size);
    return buffer;
}

Napi::Object settings_to_js(Napi::Env env, const ConfigSettings& settings) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("flags", map_to_js(env, settings.flags));
    object.Set("memoryPools", map_to_js(env, settings.memory_pools));
    object.Set("tacticSources", texts_to_js(env, settings.tactic_sources.value_or(std::vector<std::string>())));
    object.Set("previewFeatures", map_to_js(env, settings.preview_features));
    object.Set("choices", map_to_js(env, settings.choices));
    object.Set("numbers", map_to_js(env, settings.numbers));
    object.Set("computeCapabilities",
               to_array(env, settings.compute_capabilities, [&](int capability) { return Napi::Number::New(env, capability); }));
    object.Set("pluginsToSerialize", texts_to_js(env, settings.plugins_to_serialize));
    return object;
}

Napi::Object outcome_to_js(Napi::Env env, BuildOutcome& outcome) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("kind", kind_name(outcome.kind));
    if (outcome.plan) {
        object.Set("plan", bytes_to_js(env, outcome.plan->data(), outcome.plan->size()));
        outcome.plan.reset();
    }
    if (outcome.timing_cache) {
        object.Set("timingCache", bytes_to_js(env, outcome.timing_cache->data(), outcome.timing_cache->size()));
    }
    object.Set("settings", settings_to_js(env, outcome.settings));
    object.Set("network", network_to_js(env, outcome.network));
    object.Set("problems", problems_to_js(env, outcome.problems));
    object.Set("errors", to_array(env, outcome.errors, [&](const RecordedError& error) {
                   Napi::Object one = Napi::Object::New(env);
                   one.Set("code", error.code);
                   one.Set("text", error.text);
                   return one;
               }));
    object.Set("log", log_to_js(env, outcome.log));
    if (!outcome.layer_information.empty()) object.Set("layerInformation", outcome.layer_information);
    object.Set("unmatchedRanges", texts_to_js(env, outcome.unmatched_ranges));
    object.Set("unusedRules", to_array(env, outcome.unused_rules, [&](const UnusedLayerRule& rule) {
                   Napi::Object one = Napi::Object::New(env);
                   one.Set("group", rule.group);
                   one.Set("pattern", rule.pattern);
                   one.Set("reason", rule.reason);
                   return one;
               }));
    Napi::Object shapes = Napi::Object::New(env);
    for (const auto& [name, lengths] : outcome.calibration_shapes) {
        shapes.Set(name,
                   to_array(env, lengths, [&](int64_t length) { return Napi::Number::New(env, static_cast<double>(length)); }));
    }
    object.Set("calibrationShapes", shapes);
    if (outcome.refused) object.Set("refused", to_js_error(env, *outcome.refused).Value());
    if (outcome.calibration_failure) object.Set("calibrationFailure", to_js_error(env, *outcome.calibration_failure).Value());
    return object;
}

Napi::Object check_to_js(Napi::Env env, const CheckOutcome& outcome) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("supported", outcome.report.parsed);
    object.Set("problems", problems_to_js(env, outcome.report.problems));
    object.Set("parts", to_array(env, outcome.parts, [&](const SupportedPart& part) {
                   Napi::Object one = Napi::Object::New(env);
                   one.Set("supported", part.supported);
                   one.Set("nodes", to_array(env, part.nodes,
                                             [&](int64_t node) { return Napi::Number::New(env, static_cast<double>(node)); }));
                   return one;
               }));
    object.Set("log", log_to_js(env, outcome.log));
    return object;
}

Napi::Object event_to_js(Napi::Env env, const BuildEvent& event) {
    static const char* const kinds[] = {"start", "step", "finish"};
    Napi::Object object = Napi::Object::New(env);
    object.Set("kind", kinds[static_cast<int>(event.kind)]);
    object.Set("phase", event.phase);
    if (event.kind == BuildEvent::Kind::kStart) {
        object.Set("parent", event.parent.empty() ? env.Null() : Napi::String::New(env, event.parent));
        object.Set("steps", event.steps);
    }
    if (event.kind == BuildEvent::Kind::kStep) object.Set("step", event.step);
    return object;
}

Napi::Object names_to_js(Napi::Env env, const LibraryVersion& version) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("flags", names_of(env, builder_flags()));
    object.Set("memoryPools", names_of(env, memory_pools()));
    object.Set("tacticSources", names_of(env, tactic_sources()));
    object.Set("previewFeatures", texts_to_js(env, preview_feature_names(version)));
    object.Set("choices", texts_to_js(env, choice_names(version)));
    object.Set("numbers", texts_to_js(env, number_names(version)));
    object.Set("parserFlags", names_of(env, parser_flags()));
    object.Set("network", network_names_to_js(env));
    object.Set("computeCapabilities", Napi::Boolean::New(env, kIsRtx));
    return object;
}

}  // namespace enginery::tensorrt

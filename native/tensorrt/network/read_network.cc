#include "read_network.h"

#include "../argument_reader.h"
#include "../names_of.h"
#include "../read_request.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

constexpr ArgumentReader arguments{" of a network"};

double as_number(const Napi::Value& value, const char* name) {
    if (!value.IsNumber()) arguments.refuse(name, "a number");
    return value.As<Napi::Number>().DoubleValue();
}

TensorDefinition read_tensor(const Napi::Value& value) {
    const Napi::Object object = arguments.as_object(value, "an output");
    TensorDefinition tensor;
    tensor.name = ArgumentReader::text_or_empty(object, "name");
    std::vector<float> ends;
    arguments.for_each_item(object.Get("dynamicRange"), "dynamicRange",
                            [&](const Napi::Value& end) { ends.push_back(static_cast<float>(as_number(end, "dynamicRange"))); });
    if (ends.size() == 2) tensor.dynamic_range = {ends[0], ends[1]};
    return tensor;
}

PluginFieldDefinition read_field(const Napi::Value& value) {
    const Napi::Object object = arguments.as_object(value, "a field");
    PluginFieldDefinition field;
    field.name = ArgumentReader::text_or_empty(object, "name");
    field.type = ArgumentReader::text_or_empty(object, "type");
    field.length = static_cast<int32_t>(as_number(object.Get("length"), "length"));
    field.bytes = read_bytes(object.Get("data"), "data");
    return field;
}

LayerDefinition read_layer(const Napi::Value& value) {
    const Napi::Object object = arguments.as_object(value, "a layer");
    LayerDefinition layer;
    layer.kind = ArgumentReader::text_or_empty(object, "kind");
    layer.name = ArgumentReader::text_or_empty(object, "name");
    layer.metadata = ArgumentReader::text_or_empty(object, "metadata");
    layer.precision = ArgumentReader::text_or_empty(object, "precision");
    arguments.for_each_item(object.Get("inputs"), "inputs", [&](const Napi::Value& number) {
        layer.inputs.push_back(static_cast<int>(as_number(number, "inputs")));
    });
    arguments.for_each_entry(object, "choices", [&](const std::string& name, const Napi::Value& one) {
        layer.choices[name] = arguments.as_text(one, "choices");
    });
    arguments.for_each_entry(object, "numbers", [&](const std::string& name, const Napi::Value& one) {
        layer.numbers[name] = as_number(one, "numbers");
    });
    arguments.for_each_entry(object, "lists", [&](const std::string& name, const Napi::Value& list) {
        std::vector<int64_t>& numbers = layer.lists[name];
        arguments.for_each_item(
            list, "lists", [&](const Napi::Value& one) { numbers.push_back(static_cast<int64_t>(as_number(one, "lists"))); });
    });
    arguments.for_each_entry(object, "factors", [&](const std::string& name, const Napi::Value& list) {
        std::vector<float>& numbers = layer.factors[name];
        arguments.for_each_item(
            list, "factors", [&](const Napi::Value& one) { numbers.push_back(static_cast<float>(as_number(one, "factors"))); });
    });
    arguments.for_each_entry(object, "weights", [&](const std::string& name, const Napi::Value& index) {
        layer.weights[name] = static_cast<int>(as_number(index, "weights"));
    });
    arguments.for_each_item(object.Get("fields"), "fields",
                            [&](const Napi::Value& field) { layer.fields.push_back(read_field(field)); });
    arguments.for_each_item(object.Get("outputs"), "outputs",
                            [&](const Napi::Value& output) { layer.outputs.push_back(read_tensor(output)); });
    arguments.for_each_item(object.Get("outputTypes"), "outputTypes", [&](const Napi::Value& type) {
        layer.output_types.push_back(ArgumentReader::is_given(type) ? arguments.as_text(type, "outputTypes") : std::string());
    });
    return layer;
}

NetworkWeights read_weights(const Napi::Value& value) {
    const Napi::Object object = arguments.as_object(value, "weights");
    NetworkWeights weights;
    weights.type = value_of("element type", data_types(), ArgumentReader::text_or_empty(object, "type"));
    weights.count = static_cast<int64_t>(as_number(object.Get("count"), "count"));
    weights.bytes = read_bytes(object.Get("data"), "data");
    return weights;
}

}  // namespace

NetworkDefinition read_network(const Napi::Object& object) {
    NetworkDefinition network;
    arguments.for_each_item(object.Get("layers"), "layers",
                            [&](const Napi::Value& layer) { network.layers.push_back(read_layer(layer)); });
    arguments.for_each_item(object.Get("outputs"), "outputs", [&](const Napi::Value& number) {
        network.outputs.push_back(static_cast<int>(as_number(number, "outputs")));
    });
    arguments.for_each_item(object.Get("weights"), "weights",
                            [&](const Napi::Value& one) { network.weights.push_back(read_weights(one)); });
    return network;
}

Napi::Object network_names_to_js(Napi::Env env) {
    Napi::Object names = Napi::Object::New(env);
    names.Set("activation", names_of(env, activation_types()));
    names.Set("pooling", names_of(env, pooling_types()));
    names.Set("padding", names_of(env, padding_modes()));
    names.Set("elementWise", names_of(env, element_wise_operations()));
    names.Set("unary", names_of(env, unary_operations()));
    names.Set("matrix", names_of(env, matrix_operations()));
    names.Set("scale", names_of(env, scale_modes()));
    names.Set("reduce", names_of(env, reduce_operations()));
    names.Set("topK", names_of(env, topk_operations()));
    names.Set("gather", names_of(env, gather_modes()));
    names.Set("interpolation", names_of(env, interpolation_modes()));
    names.Set("coordinates", names_of(env, coordinate_transformations()));
    names.Set("singlePixel", names_of(env, resize_selectors()));
    names.Set("rounding", names_of(env, resize_rounding_modes()));
    names.Set("slice", names_of(env, sample_modes()));
    names.Set("pluginField", names_of(env, plugin_field_types()));
    return names;
}

}  // namespace enginery::tensorrt

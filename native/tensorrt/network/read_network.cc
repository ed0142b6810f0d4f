#include "read_network.h"

#include "../../shared/native_error.h"
#include "../read_request.h"
#include "layer_names.h"

namespace enginery::tensorrt {
namespace {

[[noreturn]] void refuse(const char* name, const char* what) {
    throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + name + " of a network to be " + what);
}

bool is_given(const Napi::Value& value) {
    return !value.IsUndefined() && !value.IsNull();
}

std::string text_or_empty(const Napi::Object& object, const char* name) {
    const Napi::Value value = object.Get(name);
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

template <typename Each>
void for_each_item(const Napi::Value& value, const char* name, Each&& each) {
    if (!is_given(value)) return;
    if (!value.IsArray()) refuse(name, "an array");
    const auto array = value.As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); ++i) each(Napi::Value(array.Get(i)));
}

template <typename Each>
void for_each_entry(const Napi::Object& parent, const char* name, Each&& each) {
    const Napi::Value value = parent.Get(name);
    if (!is_given(value)) return;
    if (!value.IsObject()) refuse(name, "an object");
    const auto object = value.As<Napi::Object>();
    const Napi::Array keys = object.GetPropertyNames();
    for (uint32_t i = 0; i < keys.Length(); ++i) {
        const std::string key = Napi::Value(keys.Get(i)).As<Napi::String>().Utf8Value();
        each(key, Napi::Value(object.Get(key)));
    }
}

Napi::Object as_object(const Napi::Value& value, const char* name) {
    if (!value.IsObject()) refuse(name, "an object");
    return value.As<Napi::Object>();
}

double as_number(const Napi::Value& value, const char* name) {
    if (!value.IsNumber()) refuse(name, "a number");
    return value.As<Napi::Number>().DoubleValue();
}

std::string as_text(const Napi::Value& value, const char* name) {
    if (!value.IsString()) refuse(name, "a string");
    return value.As<Napi::String>().Utf8Value();
}

TensorDefinition read_tensor(const Napi::Value& value) {
    const Napi::Object object = as_object(value, "an output");
    TensorDefinition tensor;
    tensor.name = text_or_empty(object, "name");
    std::vector<float> ends;
    for_each_item(object.Get("dynamicRange"), "dynamicRange",
                  [&](const Napi::Value& end) { ends.push_back(static_cast<float>(as_number(end, "dynamicRange"))); });
    if (ends.size() == 2) tensor.dynamic_range = {ends[0], ends[1]};
    return tensor;
}

PluginFieldDefinition read_field(const Napi::Value& value) {
    const Napi::Object object = as_object(value, "a field");
    PluginFieldDefinition field;
    field.name = text_or_empty(object, "name");
    field.type = text_or_empty(object, "type");
    field.length = static_cast<int32_t>(as_number(object.Get("length"), "length"));
    field.bytes = read_bytes(object.Get("data"), "data");
    return field;
}

LayerDefinition read_layer(const Napi::Value& value) {
    const Napi::Object object = as_object(value, "a layer");
    LayerDefinition layer;
    layer.kind = text_or_empty(object, "kind");
    layer.name = text_or_empty(object, "name");
    layer.metadata = text_or_empty(object, "metadata");
    layer.precision = text_or_empty(object, "precision");
    for_each_item(object.Get("inputs"), "inputs",
                  [&](const Napi::Value& number) { layer.inputs.push_back(static_cast<int>(as_number(number, "inputs"))); });
    for_each_entry(object, "choices",
                   [&](const std::string& name, const Napi::Value& one) { layer.choices[name] = as_text(one, "choices"); });
    for_each_entry(object, "numbers",
                   [&](const std::string& name, const Napi::Value& one) { layer.numbers[name] = as_number(one, "numbers"); });
    for_each_entry(object, "lists", [&](const std::string& name, const Napi::Value& list) {
        std::vector<int64_t>& numbers = layer.lists[name];
        for_each_item(list, "lists",
                      [&](const Napi::Value& one) { numbers.push_back(static_cast<int64_t>(as_number(one, "lists"))); });
    });
    for_each_entry(object, "factors", [&](const std::string& name, const Napi::Value& list) {
        std::vector<float>& numbers = layer.factors[name];
        for_each_item(list, "factors",
                      [&](const Napi::Value& one) { numbers.push_back(static_cast<float>(as_number(one, "factors"))); });
    });
    for_each_entry(object, "weights", [&](const std::string& name, const Napi::Value& index) {
        layer.weights[name] = static_cast<int>(as_number(index, "weights"));
    });
    for_each_item(object.Get("fields"), "fields", [&](const Napi::Value& field) { layer.fields.push_back(read_field(field)); });
    for_each_item(object.Get("outputs"), "outputs",
                  [&](const Napi::Value& output) { layer.outputs.push_back(read_tensor(output)); });
    for_each_item(object.Get("outputTypes"), "outputTypes", [&](const Napi::Value& type) {
        layer.output_types.push_back(is_given(type) ? as_text(type, "outputTypes") : std::string());
    });
    return layer;
}

NetworkWeights read_weights(const Napi::Value& value) {
    const Napi::Object object = as_object(value, "weights");
    NetworkWeights weights;
    weights.type = value_of("element type", data_types(), text_or_empty(object, "type"));
    weights.count = static_cast<int64_t>(as_number(object.Get("count"), "count"));
    weights.bytes = read_bytes(object.Get("data"), "data");
    return weights;
}

template <typename Value>
Napi::Array names_of(Napi::Env env, const NamedValues<Value>& values) {
    Napi::Array array = Napi::Array::New(env, values.size());
    uint32_t index = 0;
    for (const auto& named : values) array.Set(index++, Napi::String::New(env, named.name));
    return array;
}

}  // namespace

NetworkDefinition read_network(const Napi::Object& object) {
    NetworkDefinition network;
    for_each_item(object.Get("layers"), "layers", [&](const Napi::Value& layer) { network.layers.push_back(read_layer(layer)); });
    for_each_item(object.Get("outputs"), "outputs",
                  [&](const Napi::Value& number) { network.outputs.push_back(static_cast<int>(as_number(number, "outputs"))); });
    for_each_item(object.Get("weights"), "weights",
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

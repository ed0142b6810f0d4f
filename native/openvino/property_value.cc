#include "property_value.h"

#include <cmath>
#include <map>
#include <openvino/core/type/element_type.hpp>
#include <openvino/runtime/properties.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "../shared/native_error.h"
#include "element_type.h"

namespace enginery::openvino {
namespace {

Napi::Value to_js(Napi::Env env, bool value) {
    return Napi::Boolean::New(env, value);
}

template <typename Number, std::enable_if_t<std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>, int> = 0>
Napi::Value to_js(Napi::Env env, Number value) {
    return Napi::Number::New(env, static_cast<double>(value));
}

Napi::Value to_js(Napi::Env env, const std::string& value) {
    return Napi::String::New(env, value);
}

Napi::Value to_js(Napi::Env env, const ov::element::Type& value) {
    return Napi::String::New(env, element_type_name(value));
}

Napi::Value to_js(Napi::Env env, const ov::Any& value) {
    return any_to_js(env, value);
}

template <typename List>
Napi::Value list_to_js(Napi::Env env, const List& list) {
    Napi::Array array = Napi::Array::New(env);
    uint32_t index = 0;
    for (const auto& item : list) array.Set(index++, to_js(env, static_cast<const typename List::value_type&>(item)));
    return array;
}

template <typename... Items>
Napi::Value tuple_to_js(Napi::Env env, const std::tuple<Items...>& items) {
    Napi::Array array = Napi::Array::New(env, sizeof...(Items));
    uint32_t index = 0;
    std::apply([&](const auto&... item) { (array.Set(index++, to_js(env, item)), ...); }, items);
    return array;
}

std::string key_text(const std::string& key) {
    return key;
}

std::string key_text(const ov::element::Type& key) {
    return element_type_name(key);
}

template <typename Map>
Napi::Value map_to_js(Napi::Env env, const Map& map) {
    Napi::Object object = Napi::Object::New(env);
    // Defined, not set: keys may come from a model's file, and one may be called "__proto__".
    constexpr auto kPlain = static_cast<napi_property_attributes>(napi_writable | napi_enumerable | napi_configurable);
    for (const auto& [key, item] : map) {
        object.DefineProperty(Napi::PropertyDescriptor::Value(Napi::String::New(env, key_text(key)), to_js(env, item), kPlain));
    }
    return object;
}

// Empty if the value holds none of these types.
template <typename... Types>
Napi::Value scalar_or_empty(Napi::Env env, const ov::Any& value) {
    Napi::Value result;
    (void)((value.is<Types>() && (result = to_js(env, value.as<Types>()), true)) || ...);
    return result;
}

template <typename... Lists>
Napi::Value list_or_empty(Napi::Env env, const ov::Any& value) {
    Napi::Value result;
    (void)((value.is<Lists>() && (result = list_to_js(env, value.as<Lists>()), true)) || ...);
    return result;
}

template <typename... Maps>
Napi::Value map_or_empty(Napi::Env env, const ov::Any& value) {
    Napi::Value result;
    (void)((value.is<Maps>() && (result = map_to_js(env, value.as<Maps>()), true)) || ...);
    return result;
}

// Deeper than any property; an object that holds itself ends here.
constexpr int kMaxDepth = 16;

ov::AnyMap map_from_js(Napi::Value properties, int depth);

// OpenVINO reads lists from text with blanks between the items, but device names with commas.
std::string list_text(Napi::Array array, const char* separator) {
    std::string text;
    for (uint32_t i = 0; i < array.Length(); ++i) {
        Napi::Value item = array.Get(i);
        if (!item.IsString() && !item.IsNumber() && !item.IsBoolean()) {
            throw NativeError("NATIVE_ARGUMENT", "a list in a property must hold strings, numbers or booleans");
        }
        text += (i == 0 ? "" : separator) + item.ToString().Utf8Value();
    }
    return text;
}

ov::Any value_from_js(const std::string& name, Napi::Value value, int depth) {
    if (value.IsString()) return value.As<Napi::String>().Utf8Value();
    if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    if (value.IsNumber()) {
        const double number = value.As<Napi::Number>().DoubleValue();
        if (std::floor(number) == number && std::abs(number) <= 9007199254740991.0) return static_cast<int64_t>(number);
        return number;
    }
    if (value.IsArray()) return list_text(value.As<Napi::Array>(), name == ov::device::priorities.name() ? "," : " ");
    if (value.IsObject() && !value.IsFunction()) return map_from_js(value, depth + 1);
    throw NativeError("NATIVE_ARGUMENT", "a property must be a string, number, boolean, list or object");
}

ov::AnyMap map_from_js(Napi::Value properties, int depth) {
    ov::AnyMap map;
    if (properties.IsUndefined() || properties.IsNull()) return map;
    if (!properties.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected an object of properties");
    if (depth > kMaxDepth) throw NativeError("NATIVE_ARGUMENT", "properties are nested too deeply");
    Napi::Object object = properties.As<Napi::Object>();
    Napi::Array names = object.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); ++i) {
        Napi::Value value = object.Get(names.Get(i));
        if (value.IsUndefined()) continue;
        const std::string name = names.Get(i).ToString().Utf8Value();
        map[name] = value_from_js(name, value, depth);
    }
    return map;
}

}  // namespace

ov::Any property_from_js(Napi::Value value) {
    return value_from_js("", value, 0);
}

ov::AnyMap properties_from_js(Napi::Value properties) {
    return map_from_js(properties, 0);
}

Napi::Value any_to_js(Napi::Env env, const ov::Any& value) {
    if (value.empty()) return env.Null();
    Napi::Value result =
        scalar_or_empty<bool, std::string, int32_t, uint32_t, int64_t, uint64_t, float, double, ov::element::Type>(env, value);
    if (!result.IsEmpty()) return result;
    // PropertyName lists first: they are lists of strings to everybody but the type system.
    if (value.is<std::vector<ov::PropertyName>>()) {
        const auto& names = value.as<std::vector<ov::PropertyName>>();
        return list_to_js(env, std::vector<std::string>(names.begin(), names.end()));
    }
    result = list_or_empty<std::vector<std::string>, std::set<std::string>, std::vector<int32_t>, std::vector<uint32_t>,
                           std::vector<int64_t>, std::vector<uint64_t>, std::vector<float>, std::vector<double>,
                           std::vector<ov::element::Type>>(env, value);
    if (!result.IsEmpty()) return result;
    result = map_or_empty<ov::AnyMap, std::map<std::string, std::string>, std::map<std::string, uint64_t>,
                          std::map<ov::element::Type, float>>(env, value);
    if (!result.IsEmpty()) return result;
    if (value.is<std::set<ov::hint::ModelDistributionPolicy>>()) {
        std::vector<std::string> names;
        for (const auto policy : value.as<std::set<ov::hint::ModelDistributionPolicy>>())
            names.push_back(ov::util::to_string(policy));
        return list_to_js(env, names);
    }
    using Pair = std::tuple<unsigned int, unsigned int>;
    using Triple = std::tuple<unsigned int, unsigned int, unsigned int>;
    if (value.is<Pair>()) return tuple_to_js(env, value.as<Pair>());
    if (value.is<Triple>()) return tuple_to_js(env, value.as<Triple>());
    try {
        return Napi::String::New(env, value.as<std::string>());
    } catch (const std::exception&) {
        return Napi::String::New(env, std::string("<") + value.type_info().name() + ">");
    }
}

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <openvino/core/any.hpp>

namespace enginery::openvino {

// Properties on their way in. Strings are parsed by OpenVINO itself, so every property can be set by
// its text; whole numbers become int64, lists the text that OpenVINO parses lists from, nested
// objects AnyMaps (DEVICE_PROPERTIES).
ov::AnyMap properties_from_js(Napi::Value properties);
ov::Any property_from_js(Napi::Value value);

// A property's value on its way out: numbers, booleans, lists and maps as JavaScript has them, enums
// and whatever else as OpenVINO prints them.
Napi::Value any_to_js(Napi::Env env, const ov::Any& value);

}  // namespace enginery::openvino

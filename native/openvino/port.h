#pragma once

#include <napi.h>

#include <openvino/core/node_output.hpp>
#include <openvino/core/partial_shape.hpp>
#include <string>
#include <vector>

namespace enginery::openvino {

// NativePartialShape of lib/native/openvino-addon.ts, both ways.
Napi::Value partial_shape_to_js(Napi::Env env, const ov::PartialShape& shape);
ov::PartialShape partial_shape_from_js(Napi::Value shape);

// The name that the model gives a port; of several, where nothing tells, the shortest (OpenVINO keeps them unordered).
std::string port_name(const ov::Output<const ov::Node>& port);

// NativePort.
Napi::Object port_to_js(Napi::Env env, const ov::Output<const ov::Node>& port);
Napi::Array ports_to_js(Napi::Env env, const std::vector<ov::Output<const ov::Node>>& ports);

}  // namespace enginery::openvino

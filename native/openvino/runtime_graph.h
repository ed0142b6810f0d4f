#pragma once

#include <napi.h>

#include <openvino/core/model.hpp>

namespace enginery::openvino {

// Layers of the executed graph in execution order: NativeRuntimeLayer[].
Napi::Value runtime_graph_to_js(Napi::Env env, const ov::Model& graph);

}  // namespace enginery::openvino

#pragma once

#include <optional>

#include "onnx_graph.h"

namespace enginery::model_guard {

// Throws Damage where the frontend or the CPU plugin was seen to end the process on such a node.
void check_node(const OnnxNode& node, int64_t opset, const OnnxScope& scope);

// What a node Constant holds, if it is a tensor or integers.
std::optional<OnnxConstant> value_of_constant(const OnnxNode& node);

}  // namespace enginery::model_guard

#pragma once

#include "model_bytes.h"

namespace enginery::model_guard {

// Throws Damage where an ONNX model must not be handed to the engine.
void check_onnx(ModelBytes& bytes);

}  // namespace enginery::model_guard

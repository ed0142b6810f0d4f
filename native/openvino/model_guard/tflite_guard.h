#pragma once

#include "model_bytes.h"

namespace enginery::model_guard {

// Throws Damage where a TensorFlow Lite model must not be handed to the engine.
void check_tflite(ModelBytes& bytes);

}  // namespace enginery::model_guard

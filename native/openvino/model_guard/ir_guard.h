#pragma once

#include "model_bytes.h"

namespace enginery::model_guard {

// Throws Damage where an IR's XML must not be handed to the engine.
void check_ir(ModelBytes& bytes);

}  // namespace enginery::model_guard

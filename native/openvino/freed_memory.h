#pragma once

#include <cstdint>

namespace enginery::openvino {

// Gives the system back what reading and compiling a model of so many bytes has freed. The C library keeps it for later
// otherwise, which is as much again as the model: what a process needs grows by that. Small models are not worth the time.
void return_freed_memory(int64_t model_bytes);

}  // namespace enginery::openvino

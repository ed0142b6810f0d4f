#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace enginery::testing_models {

// A TensorFlow Lite model of one operation that reads tensor 0, of the given shape, and lists `outputs` outputs.
std::string tflite_model(int32_t builtin, size_t outputs, const std::vector<int32_t>& input_shape);

}  // namespace enginery::testing_models

#pragma once

#include <openvino/core/model.hpp>

namespace enginery::openvino {

// OpenVINO's CPU plugin copies strings through Identity byte by byte, and constant strings to an output
// as well: both free memory that is not theirs and end the process (2026.4.1). Identity is replaced
// by a pair of operations that copies properly; for the constant there is no such way, so the model
// is refused (NativeError OV_READ).
void repair_strings(ov::Model& model);

}  // namespace enginery::openvino

#pragma once

#include <openvino/core/type/element_type.hpp>
#include <string>

namespace enginery::openvino {

// Our names for element types are OpenVINO's, but for `bool`, which OpenVINO calls `boolean`.
std::string element_type_name(const ov::element::Type& type);

// Throws NativeError for a name that OpenVINO does not know.
ov::element::Type element_type_from_name(const std::string& name);

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <openvino/runtime/tensor.hpp>
#include <string>

namespace enginery::openvino {

size_t byte_size_of(const ov::element::Type& type, const ov::Shape& shape);
std::string shape_text(const ov::Shape& shape);
ov::Shape shape_from_js(Napi::Array shape);
Napi::Array shape_to_js(Napi::Env env, const ov::Shape& shape);
Napi::Array strings_to_js(Napi::Env env, const ov::Tensor& tensor);

}  // namespace enginery::openvino

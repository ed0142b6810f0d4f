#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <openvino/core/model.hpp>
#include <string>

namespace enginery::openvino {

using ModelPtr = std::shared_ptr<ov::Model>;
using ShapesByName = std::map<std::string, ov::PartialShape>;

// Changes of a model. Any thread. The first two return a changed copy (it shares the weights), since a
// reshape that fails half way leaves its model inconsistent. All throw NativeError.

ModelPtr reshaped(const ov::Model& model, const ShapesByName& shapes);

// The dimension called N in an input's layout; without a layout the first of every input that has more
// than one, provided that these are equal or dynamic.
ModelPtr with_batch(const ov::Model& model, int64_t batch);

// Writes both files and flushes them to disk. Changes nothing that matters, yet OpenVINO's serializer
// rewrites runtime attributes on its way: nobody else may use the model meanwhile.
void serialize(const ModelPtr& model, const std::string& xml_path, const std::string& bin_path);

}  // namespace enginery::openvino

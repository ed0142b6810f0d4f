#include "model_changes.h"

#include <openvino/core/layout.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/openvino.hpp>
#include <openvino/pass/serialize.hpp>
#include <ostream>
#include <sstream>
#include <utility>
#include <vector>

#include "../shared/blob_file.h"
#include "../shared/native_error.h"
#include "log_capture.h"
#include "port.h"

namespace enginery::openvino {
namespace {

using Port = ov::Output<const ov::Node>;

bool is_called(const Port& port, const std::string& name) {
    return port.get_names().count(name) != 0 || port_name(port) == name;
}

std::string names_of(const std::vector<Port>& ports) {
    std::string names;
    for (const auto& port : ports) names += (names.empty() ? "" : ", ") + port_name(port);
    return names;
}

size_t position_of(const std::vector<Port>& ports, const std::string& name) {
    for (size_t i = 0; i < ports.size(); ++i) {
        if (is_called(ports[i], name)) return i;
    }
    throw NativeError("OV_MODEL", "the model has no input '" + name + "'; it has " + names_of(ports));
}

ov::Layout layout_of(const Port& input) {
    const auto* parameter = dynamic_cast<const ov::op::v0::Parameter*>(input.get_node());
    return parameter != nullptr ? parameter->get_layout() : ov::Layout();
}

ModelPtr reshaped_at(const ov::Model& model, const std::map<size_t, ov::PartialShape>& shapes) {
    ModelPtr copy = model.clone();
    copy->reshape(shapes);
    return copy;
}

// Where the batch is, per input that has one.
std::map<size_t, int64_t> batch_axes(const std::vector<Port>& inputs) {
    std::map<size_t, int64_t> axes;
    ov::Dimension common = ov::Dimension::dynamic();
    for (size_t i = 0; i < inputs.size(); ++i) {
        const ov::PartialShape& shape = inputs[i].get_partial_shape();
        const ov::Layout layout = layout_of(inputs[i]);
        if (shape.rank().is_dynamic()) {
            throw NativeError("OV_MODEL",
                              "input '" + port_name(inputs[i]) + "' has any number of dimensions: give its shape instead");
        }
        const auto rank = static_cast<int64_t>(shape.size());
        if (!layout.empty()) {
            if (!ov::layout::has_batch(layout)) continue;
            const int64_t axis = ov::layout::batch_idx(layout);
            axes[i] = axis < 0 ? axis + rank : axis;
        } else if (rank > 1) {
            if (!ov::Dimension::merge(common, common, shape[0])) {
                std::ostringstream reason;
                reason << "input '" << port_name(inputs[i]) << "' begins with " << shape[0] << ", another with " << common
                       << ": which dimension is the batch is not known; give shapes instead";
                throw NativeError("OV_MODEL", reason.str());
            }
            axes[i] = 0;
        }
    }
    if (axes.empty()) throw NativeError("OV_MODEL", "no input has a batch dimension");
    return axes;
}

}  // namespace

ModelPtr reshaped(const ov::Model& model, const ShapesByName& shapes) {
    return with_engine_log("OV_MODEL", [&] {
        const auto inputs = model.inputs();
        std::map<size_t, ov::PartialShape> by_position;
        for (const auto& [name, shape] : shapes) {
            if (!by_position.emplace(position_of(inputs, name), shape).second) {
                throw NativeError("OV_MODEL", "'" + name + "' is a second name of an input whose shape was given already");
            }
        }
        return reshaped_at(model, by_position);
    });
}

ModelPtr with_batch(const ov::Model& model, int64_t batch) {
    return with_engine_log("OV_MODEL", [&] {
        const auto inputs = model.inputs();
        std::map<size_t, ov::PartialShape> shapes;
        for (const auto& [position, axis] : batch_axes(inputs)) {
            ov::PartialShape shape = inputs[position].get_partial_shape();
            shape[static_cast<size_t>(axis)] = batch;
            shapes[position] = shape;
        }
        return reshaped_at(model, shapes);
    });
}

void serialize(const ModelPtr& model, const std::string& xml_path, const std::string& bin_path) {
    with_engine_log("OV_MODEL", [&] {
        // Through our writers: OpenVINO's own do not notice a full disk.
        FileWriter xml_file(xml_path);
        FileWriter bin_file(bin_path);
        std::ostream xml(&xml_file);
        std::ostream bin(&bin_file);
        try {
            ov::pass::Serialize(xml, bin).run_on_model(model);
        } catch (...) {
            // The system's reason says more than that a stream failed.
            if (bin_file.failed()) bin_file.finish();
            if (xml_file.failed()) xml_file.finish();
            throw;
        }
        bin_file.finish();
        xml_file.finish();
    });
}

}  // namespace enginery::openvino

#include "string_repairs.h"

#include <memory>
#include <openvino/op/constant.hpp>
#include <openvino/op/identity.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/string_tensor_pack.hpp>
#include <openvino/op/string_tensor_unpack.hpp>

#include "../shared/native_error.h"

namespace enginery::openvino {
namespace {

bool is_string(const ov::Output<ov::Node>& port) {
    return port.get_element_type() == ov::element::string;
}

void replace_identity(ov::Node& identity) {
    const auto parts = std::make_shared<ov::op::v15::StringTensorUnpack>(identity.input_value(0));
    const auto whole = std::make_shared<ov::op::v15::StringTensorPack>(parts->output(0), parts->output(1), parts->output(2));
    whole->set_friendly_name(identity.get_friendly_name());
    whole->output(0).set_names(identity.output(0).get_names());
    identity.output(0).replace(whole->output(0));
}

}  // namespace

void repair_strings(ov::Model& model) {
    bool changed = false;
    for (const auto& node : model.get_ordered_ops()) {
        if (node->get_output_size() == 0 || !is_string(node->output(0))) continue;
        if (ov::is_type<ov::op::v16::Identity>(node)) {
            replace_identity(*node);
            changed = true;
        } else if (ov::is_type<ov::op::v0::Result>(node) &&
                   ov::is_type<ov::op::v0::Constant>(node->get_input_node_shared_ptr(0))) {
            throw NativeError("OV_READ", "output '" + node->get_input_node_shared_ptr(0)->get_friendly_name() +
                                             "' is a constant string, which OpenVINO does not support");
        }
    }
    if (changed) model.validate_nodes_and_infer_types();
}

}  // namespace enginery::openvino

#include "model_operations.h"

#include <openvino/op/constant.hpp>
#include <utility>

#include "element_type.h"
#include "port.h"

namespace enginery::openvino {
namespace {

size_t constant_bytes_of(const std::shared_ptr<const ov::Node>& operation) {
    const auto constant = ov::as_type_ptr<const ov::op::v0::Constant>(operation);
    return constant ? constant->get_byte_size() : 0;
}

}  // namespace

std::vector<OperationDescription> describe_operations(const ov::Model& model) {
    std::vector<OperationDescription> operations;
    for (const auto& node : model.get_ordered_ops()) {
        OperationDescription operation;
        operation.name = node->get_friendly_name();
        operation.type = node->get_type_name();
        const char* version = node->get_type_info().version_id;
        operation.version = version != nullptr ? version : "";
        for (const auto& output : node->outputs()) {
            operation.outputs.push_back({element_type_name(output.get_element_type()), output.get_partial_shape()});
        }
        operation.constant_bytes = constant_bytes_of(node);
        operations.push_back(std::move(operation));
    }
    return operations;
}

Napi::Value operations_to_js(Napi::Env env, const std::vector<OperationDescription>& operations) {
    Napi::Array array = Napi::Array::New(env, operations.size());
    for (size_t i = 0; i < operations.size(); ++i) {
        Napi::HandleScope scope(env);
        const OperationDescription& operation = operations[i];
        Napi::Array outputs = Napi::Array::New(env, operation.outputs.size());
        for (size_t port = 0; port < operation.outputs.size(); ++port) {
            Napi::Object output = Napi::Object::New(env);
            output.Set("type", operation.outputs[port].type);
            output.Set("shape", partial_shape_to_js(env, operation.outputs[port].shape));
            outputs.Set(static_cast<uint32_t>(port), output);
        }
        Napi::Object object = Napi::Object::New(env);
        object.Set("name", operation.name);
        object.Set("type", operation.type);
        object.Set("version", operation.version);
        object.Set("outputs", outputs);
        object.Set("constantBytes", static_cast<double>(operation.constant_bytes));
        array.Set(static_cast<uint32_t>(i), object);
    }
    return array;
}

int64_t constant_bytes(const ov::Model& model) {
    int64_t bytes = 0;
    for (const auto& node : model.get_ops()) bytes += static_cast<int64_t>(constant_bytes_of(node));
    return bytes;
}

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <cstdint>
#include <openvino/core/model.hpp>
#include <string>
#include <vector>

namespace enginery::openvino {

// NativeOperation of lib/native/openvino-addon.ts, before it becomes JavaScript.
struct OperationDescription {
    struct Output {
        std::string type;
        ov::PartialShape shape;
    };
    std::string name;
    std::string type;
    std::string version;
    std::vector<Output> outputs;
    size_t constant_bytes = 0;
};

// In the order of execution. Any thread.
std::vector<OperationDescription> describe_operations(const ov::Model& model);
Napi::Value operations_to_js(Napi::Env env, const std::vector<OperationDescription>& operations);

// Bytes of all constants.
int64_t constant_bytes(const ov::Model& model);

}  // namespace enginery::openvino

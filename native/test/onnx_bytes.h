#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace enginery::testing_models {

// ONNX messages for tests: pieces of the protobuf encoding put together.

std::string constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<int64_t>& values);
std::string attribute(const std::string& name, int64_t value);
std::string attribute_list(const std::string& name, const std::vector<int64_t>& values);
std::string graph_attribute(const std::string& name, const std::string& graph);
std::string node(const std::string& type, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                 const std::string& attributes = "", const std::string& domain = "");

struct OnnxParts {
    // A length of -1 is a dimension with a name.
    std::vector<std::pair<std::string, std::vector<int64_t>>> inputs;
    std::vector<std::string> initializers;
    std::vector<std::string> nodes;
    int64_t opset = 18;
    bool initializers_first = false;

    std::string graph() const;
    std::string bytes() const;
};

}  // namespace enginery::testing_models

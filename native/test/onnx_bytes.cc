#include "onnx_bytes.h"

namespace enginery::testing_models {
namespace {

std::string varint(uint64_t value) {
    std::string bytes;
    for (; value > 0x7f; value >>= 7) bytes += static_cast<char>(value | 0x80);
    return bytes + static_cast<char>(value);
}

std::string number(uint32_t field, int64_t value) {
    return varint(field << 3) + varint(static_cast<uint64_t>(value));
}

std::string text(uint32_t field, const std::string& value) {
    return varint(field << 3 | 2) + varint(value.size()) + value;
}

std::string packed(const std::vector<int64_t>& values) {
    std::string all;
    for (const int64_t value : values) all += varint(static_cast<uint64_t>(value));
    return all;
}

}  // namespace

std::string constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<int64_t>& values) {
    constexpr int64_t int64_type = 7;
    return text(1, packed(dims)) + number(2, int64_type) + text(7, packed(values)) + text(8, name);
}

std::string attribute(const std::string& name, int64_t value) {
    return text(5, text(1, name) + number(3, value) + number(20, 2));
}

std::string attribute_list(const std::string& name, const std::vector<int64_t>& values) {
    return text(5, text(1, name) + text(8, packed(values)) + number(20, 7));
}

std::string graph_attribute(const std::string& name, const std::string& graph) {
    return text(5, text(1, name) + text(6, graph) + number(20, 5));
}

std::string node(const std::string& type, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                 const std::string& attributes, const std::string& domain) {
    std::string all;
    for (const auto& input : inputs) all += text(1, input);
    for (const auto& output : outputs) all += text(2, output);
    return all + text(4, type) + attributes + text(7, domain);
}

std::string OnnxParts::graph() const {
    std::string tensors, operations, ports;
    for (const auto& tensor : initializers) tensors += text(5, tensor);
    for (const auto& operation : nodes) operations += text(1, operation);
    for (const auto& [name, lengths] : inputs) {
        std::string shape;
        for (const int64_t length : lengths) shape += text(1, length < 0 ? text(2, "n") : number(1, length));
        ports += text(11, text(1, name) + text(2, text(1, number(1, 1) + text(2, shape))));
    }
    return initializers_first ? tensors + operations + ports : operations + tensors + ports;
}

std::string OnnxParts::bytes() const {
    return number(1, 8) + text(7, graph()) + text(8, number(2, opset));
}

}  // namespace enginery::testing_models

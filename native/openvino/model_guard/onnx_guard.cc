#include "onnx_guard.h"

#include <algorithm>

#include "onnx_graph.h"
#include "onnx_node_rules.h"
#include "tensor_size.h"

namespace enginery::model_guard {
namespace {

// Protobuf itself refuses messages nested deeper than 100; two graphs in each other are three.
constexpr int most_nested_graphs = 40;

// The frontend tries every version down from the one a file names.
constexpr int64_t newest_opset = 1000;

// For models without an opset of the standard operators, such as those of functions only.
constexpr int64_t any_opset = newest_opset;

void check_input(const std::string& name, const std::vector<int64_t>& lengths) {
    refuse_impossible_size(lengths, "input " + name);
    // Kernels and constant folding divide by the lengths of what they compute, or read its first element.
    if (std::find(lengths.begin(), lengths.end(), 0) != lengths.end()) {
        throw Damage("input " + name.substr(0, 100) + " has a dimension of length 0");
    }
}

void check_graph(WireReader graph, int64_t opset, const OnnxScope* outer, int depth) {
    if (depth > most_nested_graphs) throw Damage("its graphs are nested more than " + std::to_string(depth - 1) + " deep");
    OnnxScope scope(outer);
    std::vector<WireReader> inputs;
    std::vector<OnnxNode> nodes;
    while (graph.next()) {
        switch (graph.number()) {
            case 1: nodes.push_back(parse_node(graph.message())); break;
            case 5: {
                std::string name;
                OnnxConstant tensor = parse_tensor(graph.message(), name);
                refuse_impossible_size(tensor.dims, "initializer " + name);
                scope.add(std::move(name), std::move(tensor));
                break;
            }
            case 11: inputs.push_back(graph.message()); break;
            default: break;
        }
    }
    for (const auto& node : nodes) {
        if (node.type != "Constant" || node.outputs.empty()) continue;
        if (const auto constant = value_of_constant(node)) scope.add(node.outputs[0], *constant);
    }
    for (const auto& message : inputs) {
        std::string name;
        const auto lengths = parse_input(message, name);
        if (!lengths || scope.find(name)) continue;  // an initializer, which old models list among the inputs
        if (outer == nullptr) check_input(name, *lengths);
        scope.add_input(name, lengths->size());
    }
    for (const auto& node : nodes) {
        check_node(node, opset, scope);
        for (const auto& attribute : node.attributes) {
            for (const auto& inner : attribute.graphs) check_graph(inner, opset, &scope, depth + 1);
        }
    }
}

void parse_opset(WireReader message, int64_t& opset) {
    std::string domain;
    int64_t version = 0;
    while (message.next()) {
        if (message.number() == 1) domain = message.text();
        if (message.number() == 2) version = message.integer();
    }
    if (version < 0 || version > newest_opset) {
        throw Damage("there is no version " + std::to_string(version) + " of the operators " +
                     (domain.empty() ? "ai.onnx" : domain.substr(0, 100)));
    }
    if (domain.empty() || domain == "ai.onnx") opset = version;
}

}  // namespace

void check_onnx(ModelBytes& bytes) {
    int64_t opset = any_opset;
    std::vector<WireReader> graphs;
    WireReader model(bytes);
    while (model.next()) {
        if (model.number() == 7) graphs.push_back(model.message());
        if (model.number() == 8) parse_opset(model.message(), opset);
    }
    for (const auto& graph : graphs) check_graph(graph, opset, nullptr, 0);
}

}  // namespace enginery::model_guard

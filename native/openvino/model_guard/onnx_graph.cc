#include "onnx_graph.h"

namespace enginery::model_guard {
namespace {

// TensorProto.DataType
constexpr int64_t type_int32 = 6;
constexpr int64_t type_int64 = 7;

OnnxAttribute parse_attribute(WireReader message) {
    OnnxAttribute attribute;
    std::string unused;
    while (message.next()) {
        switch (message.number()) {
            case 1: attribute.name = message.text(); break;
            case 3:
                attribute.integer = message.integer();
                attribute.has_integer = true;
                break;
            case 5:
            case 10: attribute.tensors.push_back(parse_tensor(message.message(), unused)); break;
            case 6:
            case 11: attribute.graphs.push_back(message.message()); break;
            case 8: message.append_integers(attribute.integers, most_values); break;
            default: break;
        }
    }
    return attribute;
}

void parse_shape(WireReader shape, std::vector<int64_t>& lengths) {
    while (shape.next()) {
        if (shape.number() != 1) continue;
        WireReader dimension = shape.message();
        int64_t length = -1;
        while (dimension.next()) {
            if (dimension.number() == 1) length = dimension.integer();
            if (dimension.number() == 2) length = -1;
        }
        lengths.push_back(length);
    }
}

void parse_type(WireReader type, std::optional<std::vector<int64_t>>& lengths) {
    while (type.next()) {
        if (type.number() != 1) continue;  // sequences, maps, optionals
        WireReader tensor = type.message();
        while (tensor.next()) {
            if (tensor.number() != 2) continue;
            if (!lengths) lengths.emplace();
            parse_shape(tensor.message(), *lengths);
        }
    }
}

}  // namespace

const OnnxAttribute* OnnxNode::find(const char* attribute) const {
    for (const auto& one : attributes) {
        if (one.name == attribute) return &one;
    }
    return nullptr;
}

std::string OnnxNode::shown() const {
    return name.empty() ? "a node " + type : "node " + type + " (" + name.substr(0, 100) + ")";
}

const OnnxConstant* OnnxScope::find(const std::string& name) const {
    const auto found = constants_.find(name);
    if (found != constants_.end()) return &found->second;
    return outer_ ? outer_->find(name) : nullptr;
}

std::optional<size_t> OnnxScope::rank_of(const std::string& name) const {
    if (const auto constant = constants_.find(name); constant != constants_.end()) return constant->second.dims.size();
    if (const auto input = input_ranks_.find(name); input != input_ranks_.end()) return input->second;
    return outer_ ? outer_->rank_of(name) : std::nullopt;
}

OnnxNode parse_node(WireReader message) {
    OnnxNode node;
    while (message.next()) {
        switch (message.number()) {
            case 1: node.inputs.push_back(message.text()); break;
            case 2: node.outputs.push_back(message.text()); break;
            case 3: node.name = message.text(); break;
            case 4: node.type = message.text(); break;
            case 5: node.attributes.push_back(parse_attribute(message.message())); break;
            case 7: node.domain = message.text(); break;
            default: break;
        }
    }
    if (node.domain == "ai.onnx") node.domain.clear();
    return node;
}

OnnxConstant parse_tensor(WireReader message, std::string& name) {
    OnnxConstant tensor;
    int64_t type = 0;
    bool elsewhere = false;
    std::vector<int64_t> raw32, raw64, int32s, int64s;
    while (message.next()) {
        switch (message.number()) {
            case 1: message.append_integers(tensor.dims, most_values); break;
            case 2: type = message.integer(); break;
            case 5: message.append_integers(int32s, most_values); break;
            case 7: message.append_integers(int64s, most_values); break;
            case 8: name = message.text(); break;
            case 9:
                if (message.is_bytes() && message.length() <= 8 * most_values) {
                    raw32.clear();
                    raw64.clear();
                    message.append_raw(raw32, 4, most_values);
                    message.append_raw(raw64, 8, most_values);
                }
                break;
            case 14: elsewhere = message.integer() == 1; break;
            default: break;
        }
    }
    if (!elsewhere && (type == type_int64 || type == type_int32)) {
        const auto& typed = type == type_int64 ? int64s : int32s;
        tensor.values = typed.empty() ? (type == type_int64 ? raw64 : raw32) : typed;
        tensor.has_values = !tensor.values.empty();
    }
    return tensor;
}

std::optional<std::vector<int64_t>> parse_input(WireReader message, std::string& name) {
    std::optional<std::vector<int64_t>> lengths;
    while (message.next()) {
        if (message.number() == 1) name = message.text();
        if (message.number() == 2) parse_type(message.message(), lengths);
    }
    return lengths;
}

}  // namespace enginery::model_guard

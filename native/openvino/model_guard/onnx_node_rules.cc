#include "onnx_node_rules.h"

#include <algorithm>
#include <limits>

#include "onnx_operator_inputs.h"
#include "tensor_size.h"

namespace enginery::model_guard {
namespace {

[[noreturn]] void refuse(const OnnxNode& node, const std::string& reason) {
    throw Damage(node.shown() + " " + reason);
}

template <size_t Count>
bool is_one_of(const std::string& type, const char* const (&types)[Count]) {
    return std::any_of(std::begin(types), std::end(types), [&](const char* one) { return type == one; });
}

// Translators index inputs and outputs without looking how many there are.
void check_arity(const OnnxNode& node, int64_t opset) {
    const RequiredInputs required = required_inputs(node.domain, node.type, opset);
    if (node.inputs.size() < required.listed) {
        refuse(node,
               "has " + std::to_string(node.inputs.size()) + " inputs, expected at least " + std::to_string(required.listed));
    }
    for (size_t i = 0; i < required.named; i++) {
        if (node.inputs[i].empty()) refuse(node, "lacks input " + std::to_string(i));
    }
    if (node.outputs.empty()) refuse(node, "has no outputs");
}

struct Range {
    const char* attribute;
    int64_t least;
    int64_t most;
};

// No tensor has so many dimensions; some operators count up to the number, or index by it, before they compare.
constexpr int64_t most_dimensions = 64;
// Larger than any layer, small enough that sums and products of a few stay far from overflowing.
constexpr int64_t largest_extent = 1 << 24;

constexpr Range integer_ranges[] = {
    {"axis", -most_dimensions, most_dimensions},
    {"batch_dims", 0, most_dimensions},
    {"batch_axis", 0, most_dimensions},
    {"time_axis", 0, most_dimensions},
    {"group", 1, largest_extent},
    {"hidden_size", 1, largest_extent},
    {"blocksize", 1, largest_extent},
    {"num_outputs", 1, largest_extent},
    {"num_groups", 1, largest_extent},
    {"output_height", 1, largest_extent},
    {"output_width", 1, largest_extent},
    {"size", 1, largest_extent},
};

constexpr Range list_ranges[] = {
    {"axes", -most_dimensions, most_dimensions},
    {"perm", -most_dimensions, most_dimensions},
    {"kernel_shape", 1, largest_extent},
    {"strides", 1, largest_extent},
    {"dilations", 1, largest_extent},
    {"pads", -largest_extent, largest_extent},
    {"output_padding", 0, largest_extent},
    {"output_shape", 0, largest_extent},
};

void check_range(const OnnxNode& node, const Range& range, int64_t value) {
    if (value >= range.least && value <= range.most) return;
    refuse(node, std::string("has ") + range.attribute + " " + std::to_string(value) + ", expected " +
                     std::to_string(range.least) + " to " + std::to_string(range.most));
}

void check_ranges(const OnnxNode& node) {
    for (const auto& attribute : node.attributes) {
        for (const auto& range : integer_ranges) {
            if (attribute.has_integer && attribute.name == range.attribute) check_range(node, range, attribute.integer);
        }
        for (const auto& range : list_ranges) {
            if (attribute.name != range.attribute) continue;
            for (const int64_t value : attribute.integers) check_range(node, range, value);
        }
    }
}

constexpr const char* windowed[] = {"Conv",       "ConvTranspose", "ConvInteger", "QLinearConv", "FusedConv",
                                    "DeformConv", "AveragePool",   "MaxPool",     "LpPool",      "MaxUnpool"};
constexpr const char* convolutions[] = {"Conv", "ConvTranspose", "ConvInteger", "FusedConv", "DeformConv"};

// Shapes of windows are zipped with each other and with the weights up to the length of one of them.
void check_windows(const OnnxNode& node, const OnnxScope& scope) {
    size_t dimensions = 0;
    if (is_one_of(node.type, convolutions) && node.has_input(1)) {
        const OnnxConstant* weights = scope.find(node.inputs[1]);
        if (weights && weights->dims.size() < 3) refuse(node, "has weights of shape " + show_lengths(weights->dims));
        if (weights) dimensions = weights->dims.size() - 2;
    }
    for (const char* name : {"kernel_shape", "strides", "dilations"}) {
        const OnnxAttribute* attribute = node.find(name);
        if (!attribute || attribute->integers.empty()) continue;
        const size_t length = attribute->integers.size();
        if (dimensions != 0 && length != dimensions) {
            refuse(node, std::string("has ") + name + " for " + std::to_string(length) + " dimensions, expected " +
                             std::to_string(dimensions));
        }
        dimensions = length;
    }
    if (dimensions == 0) return;
    if (const auto* pads = node.find("pads"); pads && !pads->integers.empty() && pads->integers.size() != 2 * dimensions) {
        refuse(node, "has " + std::to_string(pads->integers.size()) + " pads, expected " + std::to_string(2 * dimensions));
    }
    for (const char* name : {"output_padding", "output_shape"}) {
        const OnnxAttribute* attribute = node.find(name);
        if (attribute && !attribute->integers.empty() && attribute->integers.size() < dimensions) {
            refuse(node, std::string("has ") + name + " for " + std::to_string(attribute->integers.size()) +
                             " dimensions, expected " + std::to_string(dimensions));
        }
    }
}

// A ConvTranspose multiplies its output by these, and the plugin counts the blocks of it in 32 bits.
void check_upsampling(const OnnxNode& node) {
    constexpr Range ranges[] = {{"strides", 1, 4096}, {"dilations", 1, 4096}, {"output_padding", 0, 4096}};
    if (node.type != "ConvTranspose") return;
    for (const auto& range : ranges) {
        const OnnxAttribute* attribute = node.find(range.attribute);
        if (!attribute) continue;
        for (const int64_t value : attribute->integers) check_range(node, range, value);
    }
}

// The plugin copies weights by hidden_size, whatever their shape.
void check_recurrent(const OnnxNode& node, const OnnxScope& scope) {
    const int64_t gates = node.type == "LSTM" ? 4 : node.type == "GRU" ? 3 : node.type == "RNN" ? 1 : 0;
    const OnnxAttribute* hidden = node.find("hidden_size");
    if (gates == 0 || !hidden) return;
    for (const size_t input : {1u, 2u}) {
        const OnnxConstant* weights = node.has_input(input) ? scope.find(node.inputs[input]) : nullptr;
        if (!weights || weights->dims.empty()) continue;
        const auto& dims = weights->dims;
        const bool fits = dims.size() == 3 && dims[1] == gates * hidden->integer && (input == 1 || dims[2] == hidden->integer);
        if (!fits) {
            refuse(node, "has hidden_size " + std::to_string(hidden->integer) + " and weights of shape " + show_lengths(dims));
        }
    }
}

struct ShapeInput {
    const char* type;
    size_t index;
};

constexpr ShapeInput shape_inputs[] = {{"Expand", 1}, {"ConstantOfShape", 0}, {"Tile", 1},          {"Reshape", 1},
                                       {"Resize", 3}, {"OneHot", 1},          {"CenterCropPad", 1}, {"Col2Im", 1},
                                       {"Pad", 1},    {"Unsqueeze", 1},       {"Squeeze", 1}};

// Sizes that are known now are multiplied without a look at overflow.
void check_requested_sizes(const OnnxNode& node, const OnnxScope& scope) {
    for (const auto& [type, index] : shape_inputs) {
        if (node.type != type || !node.has_input(index)) continue;
        const OnnxConstant* sizes = scope.find(node.inputs[index]);
        if (!sizes || !sizes->has_values) continue;
        const bool is_impossible = node.type == "Pad"
                                       ? std::any_of(sizes->values.begin(), sizes->values.end(),
                                                     [](int64_t pad) { return pad > most_elements || pad < -most_elements; })
                                       : is_impossible_size(sizes->values);
        if (is_impossible) refuse(node, "asks for the impossible size " + show_lengths(sizes->values));
    }
}

// A loop that never runs stacks no results, and the plugin divides by their number.
void check_trip_count(const OnnxNode& node, const OnnxScope& scope) {
    if (node.type != "Loop" || !node.has_input(0)) return;
    const OnnxConstant* count = scope.find(node.inputs[0]);
    if (count && count->has_values && count->values[0] <= 0) {
        refuse(node, "runs " + std::to_string(count->values[0]) + " times, expected at least once");
    }
}

// Constant folding divides without looking.
void check_divisor(const OnnxNode& node, const OnnxScope& scope) {
    if ((node.type != "Div" && node.type != "Mod") || !node.has_input(1)) return;
    const OnnxConstant* divisor = scope.find(node.inputs[1]);
    if (!divisor) return;
    const auto has = [](const std::vector<int64_t>& values, int64_t value) {
        return std::find(values.begin(), values.end(), value) != values.end();
    };
    if (divisor->has_values && has(divisor->values, 0)) refuse(node, "divides by 0");
    if (has(divisor->dims, 0)) refuse(node, "divides by an empty constant");
    const OnnxConstant* dividend = scope.find(node.inputs[0]);
    if (!dividend || !has(divisor->values, -1)) return;
    for (const int64_t least : {std::numeric_limits<int64_t>::min(), int64_t{std::numeric_limits<int32_t>::min()}}) {
        if (has(dividend->values, least)) refuse(node, "divides " + std::to_string(least) + " by -1");
    }
}

// Axes that these operators use before comparing them with the number of dimensions, and tensors they take for filled.
void check_dimensions(const OnnxNode& node, const OnnxScope& scope) {
    const auto refuse_empty = [&](size_t input) {
        const OnnxConstant* constant = scope.find(node.inputs[input]);
        if (constant && std::find(constant->dims.begin(), constant->dims.end(), 0) != constant->dims.end()) {
            refuse(node, "takes the empty constant " + node.inputs[input].substr(0, 100));
        }
    };
    if (node.type == "Unique") {
        refuse_empty(0);
        const auto* axis = node.find("axis");
        const auto rank = scope.rank_of(node.inputs[0]);
        const auto dimensions = static_cast<int64_t>(rank.value_or(most_dimensions));
        if (axis && (axis->integer >= dimensions || axis->integer < -dimensions)) {
            refuse(node, "has axis " + std::to_string(axis->integer) + " on " + std::to_string(dimensions) + " dimensions");
        }
    }
    if (node.type == "Compress") refuse_empty(1);
    if (node.type == "GatherND") {
        const auto* batch = node.find("batch_dims");
        for (size_t input = 0; batch && input < 2; input++) {
            const auto rank = scope.rank_of(node.inputs[input]);
            if (rank && batch->integer >= static_cast<int64_t>(*rank)) {
                refuse(node, "has batch_dims " + std::to_string(batch->integer) + " and an input of " + std::to_string(*rank) +
                                 " dimensions");
            }
        }
    }
}

}  // namespace

void check_node(const OnnxNode& node, int64_t opset, const OnnxScope& scope) {
    check_arity(node, opset);
    if (!node.domain.empty() && node.domain != "com.microsoft") return;
    check_ranges(node);
    if (is_one_of(node.type, windowed)) check_windows(node, scope);
    check_upsampling(node);
    check_recurrent(node, scope);
    check_requested_sizes(node, scope);
    check_trip_count(node, scope);
    check_divisor(node, scope);
    check_dimensions(node, scope);
}

std::optional<OnnxConstant> value_of_constant(const OnnxNode& node) {
    if (const auto* value = node.find("value"); value && !value->tensors.empty()) return value->tensors.back();
    OnnxConstant constant;
    if (const auto* values = node.find("value_ints"); values && !values->integers.empty()) {
        constant.dims = {static_cast<int64_t>(values->integers.size())};
        constant.values = values->integers;
    } else if (const auto* value = node.find("value_int"); value && value->has_integer) {
        constant.values = {value->integer};
    } else {
        return std::nullopt;
    }
    constant.has_values = true;
    return constant;
}

}  // namespace enginery::model_guard

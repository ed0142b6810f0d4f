#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "wire_reader.h"

namespace enginery::model_guard {

// Lists longer than this are data, not shapes, and no rule looks at them.
constexpr size_t most_values = 64;

// A constant tensor: its shape, and its values where it is a short list of integers.
struct OnnxConstant {
    std::vector<int64_t> dims;
    std::vector<int64_t> values;
    bool has_values = false;
};

struct OnnxAttribute {
    std::string name;
    int64_t integer = 0;
    bool has_integer = false;
    std::vector<int64_t> integers;
    std::vector<OnnxConstant> tensors;
    // Messages of type GraphProto.
    std::vector<WireReader> graphs;
};

struct OnnxNode {
    std::string type;
    std::string domain;
    std::string name;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<OnnxAttribute> attributes;

    const OnnxAttribute* find(const char* attribute) const;
    bool has_input(size_t index) const { return index < inputs.size() && !inputs[index].empty(); }
    // For messages: `Conv (backbone/stem)`.
    std::string shown() const;
};

// The constants of a graph, and through it of the graphs around it.
class OnnxScope {
public:
    explicit OnnxScope(const OnnxScope* outer) : outer_(outer) {}
    void add(std::string name, OnnxConstant constant) { constants_.insert_or_assign(std::move(name), std::move(constant)); }
    void add_input(std::string name, size_t rank) { input_ranks_.insert_or_assign(std::move(name), rank); }
    const OnnxConstant* find(const std::string& name) const;
    // The number of dimensions of a constant or an input of a graph; nothing for what nodes compute.
    std::optional<size_t> rank_of(const std::string& name) const;

private:
    const OnnxScope* outer_;
    std::unordered_map<std::string, OnnxConstant> constants_;
    std::unordered_map<std::string, size_t> input_ranks_;
};

OnnxNode parse_node(WireReader message);
OnnxConstant parse_tensor(WireReader message, std::string& name);
// Name and lengths of a graph's input, where it states any; a length without a value is -1.
std::optional<std::vector<int64_t>> parse_input(WireReader message, std::string& name);

}  // namespace enginery::model_guard

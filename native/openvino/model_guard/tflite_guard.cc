#include "tflite_guard.h"

#include <algorithm>

#include "flatbuffer_table.h"
#include "tensor_size.h"

namespace enginery::model_guard {
namespace {

// Field numbers of TensorFlow Lite's schema.
namespace model {
constexpr uint16_t operator_codes = 1, subgraphs = 2;
}
namespace subgraph {
constexpr uint16_t tensors = 0, inputs = 1, operators = 3;
}
namespace tensor {
constexpr uint16_t shape = 0;
}
namespace operation {
constexpr uint16_t code = 0, outputs = 2, options = 4;
}
namespace operator_code {
constexpr uint16_t old_builtin = 0, builtin = 3;
}

// What an operator has as outputs, where that is not one.
enum class Outputs { two, as_option, any };

struct Row {
    int32_t builtin;
    Outputs outputs;
};

constexpr int32_t first_stablehlo = 146;

constexpr Row several_outputs[] = {
    {10, Outputs::any},         // HASHTABLE_LOOKUP
    {16, Outputs::any},         // LSTM
    {27, Outputs::any},         // SVDF
    {30, Outputs::any},         // SKIP_GRAM
    {31, Outputs::any},         // CALL
    {32, Outputs::any},         // CUSTOM
    {46, Outputs::any},         // BIDIRECTIONAL_SEQUENCE_RNN
    {48, Outputs::two},         // TOPK_V2
    {49, Outputs::as_option},   // SPLIT
    {51, Outputs::any},         // DELEGATE
    {52, Outputs::any},         // BIDIRECTIONAL_SEQUENCE_LSTM
    {88, Outputs::as_option},   // UNPACK
    {102, Outputs::as_option},  // SPLIT_V
    {103, Outputs::two},        // UNIQUE
    {118, Outputs::any},        // IF
    {119, Outputs::any},        // WHILE
    {120, Outputs::any},        // NON_MAX_SUPPRESSION_V4
    {121, Outputs::any},        // NON_MAX_SUPPRESSION_V5
};

// The frontend names as many results as the file lists, whatever the operator made.
void check_outputs(const FlatbufferTable& operation, int32_t builtin, size_t index) {
    if (builtin >= first_stablehlo) return;
    const size_t listed = operation.integers(operation::outputs).size();
    size_t most = 1;
    const auto* row = std::find_if(std::begin(several_outputs), std::end(several_outputs),
                                   [builtin](const Row& one) { return one.builtin == builtin; });
    if (row != std::end(several_outputs)) {
        if (row->outputs == Outputs::any) return;
        if (row->outputs == Outputs::two) most = 2;
        // num_splits, or num, comes first in the options of all three.
        if (row->outputs == Outputs::as_option && operation.has(operation::options)) {
            most = static_cast<size_t>(std::max(0, operation.table(operation::options).number<int32_t>(0, 0)));
        }
    }
    if (listed > most) {
        throw Damage("operation " + std::to_string(index) + " (operator " + std::to_string(builtin) + ") has " +
                     std::to_string(listed) + " outputs, expected " + std::to_string(most));
    }
}

// Kernels and constant folding divide by the lengths of what they compute, or read its first element.
void check_inputs(const FlatbufferTable& graph) {
    const auto tensors = graph.tables(subgraph::tensors);
    for (const int64_t index : graph.integers(subgraph::inputs)) {
        if (index < 0 || static_cast<uint64_t>(index) >= tensors.size()) continue;  // the frontend refuses it
        const auto shape = tensors[static_cast<size_t>(index)].integers(tensor::shape);
        const std::string what = "input tensor " + std::to_string(index);
        refuse_impossible_size(shape, what);
        if (std::find(shape.begin(), shape.end(), 0) != shape.end()) throw Damage(what + " has a dimension of length 0");
    }
}

}  // namespace

void check_tflite(ModelBytes& bytes) {
    const auto root = FlatbufferTable::root(bytes);
    std::vector<int32_t> builtins;
    for (const auto& code : root.tables(model::operator_codes)) {
        // Operators up to 127 were once numbered in a byte; the larger of the two numbers counts.
        const int32_t old = code.number<int8_t>(operator_code::old_builtin, 0);
        builtins.push_back(std::max(old, code.number<int32_t>(operator_code::builtin, 0)));
    }
    bool is_main = true;
    for (const auto& graph : root.tables(model::subgraphs)) {
        if (is_main) check_inputs(graph);
        is_main = false;
        size_t index = 0;
        for (const auto& operation : graph.tables(subgraph::operators)) {
            const uint32_t code = operation.number<uint32_t>(operation::code, 0);
            if (code < builtins.size()) check_outputs(operation, builtins[code], index);
            index++;
        }
    }
}

}  // namespace enginery::model_guard

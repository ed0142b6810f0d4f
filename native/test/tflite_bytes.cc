#include "tflite_bytes.h"

#include <utility>

namespace enginery::testing_models {
namespace {

// Writes a FlatBuffers message from its root on: each table keeps all its fields, of four bytes each.
class Writer {
public:
    std::string take() { return std::move(bytes_); }

    size_t number(int32_t value) {
        for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(static_cast<uint32_t>(value) >> shift);
        return bytes_.size() - 4;
    }

    void mark(const std::string& text) { bytes_ += text; }

    // Returns the positions of the fields.
    std::vector<size_t> table(size_t fields) {
        const auto entry = [this](size_t value) {
            bytes_ += static_cast<char>(value);
            bytes_ += static_cast<char>(value >> 8);
        };
        entry(4 + 2 * fields);
        entry(4 + 4 * fields);
        for (size_t field = 0; field < fields; field++) entry(4 + 4 * field);
        number(static_cast<int32_t>(4 + 2 * fields));
        std::vector<size_t> positions;
        for (size_t field = 0; field < fields; field++) positions.push_back(number(0));
        return positions;
    }

    // Makes the offset at a position point to what is written next; of a table, behind its field offsets.
    void point(size_t from, size_t ahead = 0) {
        const auto offset = static_cast<uint32_t>(bytes_.size() + ahead - from);
        for (int byte = 0; byte < 4; byte++) bytes_[from + static_cast<size_t>(byte)] = static_cast<char>(offset >> 8 * byte);
    }

    std::vector<size_t> table_at(size_t from, size_t fields) {
        point(from, 4 + 2 * fields);
        return table(fields);
    }

    size_t list_at(size_t from, size_t count) {
        point(from);
        number(static_cast<int32_t>(count));
        return bytes_.size();
    }

    void set(size_t at, int32_t value) {
        for (int byte = 0; byte < 4; byte++) {
            bytes_[at + static_cast<size_t>(byte)] = static_cast<char>(static_cast<uint32_t>(value) >> 8 * byte);
        }
    }

private:
    std::string bytes_;
};

}  // namespace

std::string tflite_model(int32_t builtin, size_t outputs, const std::vector<int32_t>& input_shape) {
    Writer writer;
    const size_t root = writer.number(0);
    writer.mark("TFL3");
    const auto model = writer.table_at(root, 3);  // version, operator codes, subgraphs
    writer.list_at(model[1], 1);
    const auto code = writer.table_at(writer.number(0), 4);
    writer.set(code[3], builtin);
    writer.list_at(model[2], 1);
    const auto graph = writer.table_at(writer.number(0), 4);  // tensors, inputs, outputs, operators
    writer.list_at(graph[0], 1);
    const auto tensor = writer.table_at(writer.number(0), 1);
    writer.list_at(tensor[0], input_shape.size());
    for (const int32_t length : input_shape) writer.number(length);
    writer.list_at(graph[1], 1);
    writer.number(0);
    writer.list_at(graph[2], 0);
    writer.list_at(graph[3], 1);
    const auto operation = writer.table_at(writer.number(0), 3);  // code, inputs, outputs
    writer.list_at(operation[1], 0);
    writer.list_at(operation[2], outputs);
    for (size_t i = 0; i < outputs; i++) writer.number(0);
    return writer.take();
}

}  // namespace enginery::testing_models

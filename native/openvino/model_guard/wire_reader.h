#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model_bytes.h"

namespace enginery::model_guard {

// Walks over the fields of one protobuf message. Every length is checked against the message around it, so a value is
// never read from beyond; values that nobody asks for are stepped over.
class WireReader {
public:
    explicit WireReader(ModelBytes& bytes) : WireReader(bytes, 0, bytes.size()) {}
    WireReader(ModelBytes& bytes, uint64_t begin, uint64_t end) : bytes_(&bytes), position_(begin), end_(end) {}

    // Moves to the next field; false at the end of the message.
    bool next();
    uint32_t number() const { return number_; }
    bool is_bytes() const { return type_ == 2; }
    uint64_t length() const { return value_end_ - value_; }

    // A varint field; throws Damage when the field is something else, as all of these do.
    int64_t integer();
    std::string text();
    WireReader message();
    // A repeated integer field, packed or not. Keeps at most `most` of the values; the rest of a long one is left out.
    void append_integers(std::vector<int64_t>& into, size_t most);
    // Little-endian 64-bit or 32-bit numbers of a bytes field.
    void append_raw(std::vector<int64_t>& into, size_t bytes_each, size_t most);

private:
    uint64_t varint(uint64_t limit);
    void expect(uint32_t type) const;

    ModelBytes* bytes_;
    uint64_t position_;
    uint64_t end_;
    uint32_t number_ = 0;
    uint32_t type_ = 0;
    uint64_t value_ = 0;
    uint64_t value_end_ = 0;
};

}  // namespace enginery::model_guard

#include "flatbuffer_table.h"

namespace enginery::model_guard {

FlatbufferTable FlatbufferTable::root(ModelBytes& bytes) {
    return FlatbufferTable(bytes, bytes.little_endian<uint32_t>(0));
}

FlatbufferTable::FlatbufferTable(ModelBytes& bytes, uint64_t position) : bytes_(&bytes), position_(position) {
    // Negative results wrap to offsets far beyond any end.
    vtable_ = position - static_cast<uint64_t>(static_cast<int64_t>(bytes.little_endian<int32_t>(position)));
    vtable_bytes_ = bytes.little_endian<uint16_t>(vtable_);
}

uint64_t FlatbufferTable::find(uint16_t field) const {
    const uint32_t entry = 4u + 2u * field;
    if (entry + 2 > vtable_bytes_) return 0;
    const uint16_t offset = bytes_->little_endian<uint16_t>(vtable_ + entry);
    return offset == 0 ? 0 : position_ + offset;
}

uint64_t FlatbufferTable::follow(uint64_t offset_at) const {
    return offset_at + bytes_->little_endian<uint32_t>(offset_at);
}

uint64_t FlatbufferTable::elements(uint16_t field, uint32_t& count) const {
    count = 0;
    const uint64_t at = find(field);
    if (at == 0) return 0;
    const uint64_t vector = follow(at);
    const uint32_t stated = bytes_->little_endian<uint32_t>(vector);
    if (stated > (bytes_->size() - vector) / 4) {
        throw Damage("a list of " + std::to_string(stated) + " elements at byte " + std::to_string(vector) +
                     " is longer than the file");
    }
    count = stated;
    return vector + 4;
}

std::vector<FlatbufferTable> FlatbufferTable::tables(uint16_t field) const {
    uint32_t count = 0;
    const uint64_t first = elements(field, count);
    std::vector<FlatbufferTable> all;
    all.reserve(count);
    for (uint64_t i = 0; i < count; i++) all.push_back(FlatbufferTable(*bytes_, follow(first + 4 * i)));
    return all;
}

std::vector<int64_t> FlatbufferTable::integers(uint16_t field) const {
    uint32_t count = 0;
    const uint64_t first = elements(field, count);
    std::vector<int64_t> all;
    all.reserve(count);
    for (uint64_t i = 0; i < count; i++) all.push_back(bytes_->little_endian<int32_t>(first + 4 * i));
    return all;
}

}  // namespace enginery::model_guard

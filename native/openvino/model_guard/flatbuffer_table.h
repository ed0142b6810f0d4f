#pragma once

#include <cstdint>
#include <vector>

#include "model_bytes.h"

namespace enginery::model_guard {

// A table of a FlatBuffers message. Offsets are followed only within the bytes.
class FlatbufferTable {
public:
    static FlatbufferTable root(ModelBytes& bytes);

    // A number in the table itself; `absent` where the table leaves it out.
    template <typename Number>
    Number number(uint16_t field, Number absent) const {
        const uint64_t at = find(field);
        return at == 0 ? absent : bytes_->little_endian<Number>(at);
    }

    bool has(uint16_t field) const { return find(field) != 0; }
    FlatbufferTable table(uint16_t field) const { return FlatbufferTable(*bytes_, follow(find(field))); }
    // Empty where there is none.
    std::vector<FlatbufferTable> tables(uint16_t field) const;
    std::vector<int64_t> integers(uint16_t field) const;

private:
    FlatbufferTable(ModelBytes& bytes, uint64_t position);
    // Where the field's value is; 0 where it is left out.
    uint64_t find(uint16_t field) const;
    uint64_t follow(uint64_t offset_at) const;
    // Position of the first element; sets the number of elements, each of four bytes.
    uint64_t elements(uint16_t field, uint32_t& count) const;

    ModelBytes* bytes_;
    uint64_t position_;
    uint64_t vtable_;
    uint16_t vtable_bytes_;
};

}  // namespace enginery::model_guard

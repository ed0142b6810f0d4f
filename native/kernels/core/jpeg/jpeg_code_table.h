#pragma once

#include <cstdint>

#include "jpeg_header.h"

namespace enginery::kernels {

// What a Huffman code stands for: how many coefficients are zero before the next one, how many bits of that one follow
// the code, and how many bits code and coefficient have together.
struct JpegSymbol {
    uint16_t packed = 0;  // 0: none

    // Six bits, of which five are used: as many as a shift of 64 bits looks at.
    uint32_t total_bits() const { return packed & 63u; }
    uint32_t value_bits() const { return packed >> 6 & 15u; }
    uint32_t run() const { return packed >> 10; }
};

// Finds the symbol at the front of 64 bits.
class JpegCodeTable {
public:
    // False where the codes do not fit into 16 bits, or one of the symbols is none that baseline files have.
    bool build(const JpegCodes& codes, bool is_dc);

    JpegSymbol find(uint64_t bits) const {
        const JpegSymbol symbol = short_codes_[bits >> (64 - kShort)];
        return symbol.packed != 0 ? symbol : find_long(bits);
    }

private:
    static constexpr uint32_t kShort = 10;

    JpegSymbol find_long(uint64_t bits) const;

    JpegSymbol short_codes_[1u << kShort];
    // For each length: one past its last code, and what to add to a code for its place in symbols_.
    int32_t end_[17] = {};
    int32_t offset_[17] = {};
    JpegSymbol symbols_[256];
};

}  // namespace enginery::kernels

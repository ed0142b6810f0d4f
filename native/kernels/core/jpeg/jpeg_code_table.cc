#include "jpeg_code_table.h"

#include <algorithm>
#include <iterator>

namespace enginery::kernels {

namespace {

// The largest coefficients of 8-bit pictures, in bits.
constexpr uint32_t kDcBits = 11, kAcBits = 10;

bool is_of_baseline(uint8_t symbol, bool is_dc) {
    if (is_dc) return symbol <= kDcBits;
    const uint32_t run = symbol >> 4, bits = symbol & 15u;
    return bits == 0 ? run == 0 || run == 15 : bits <= kAcBits;
}

}  // namespace

bool JpegCodeTable::build(const JpegCodes& codes, bool is_dc) {
    std::fill(std::begin(short_codes_), std::end(short_codes_), JpegSymbol{});
    int32_t code = 0, place = 0;
    for (uint32_t bits = 1; bits <= 16; ++bits) {
        offset_[bits] = place - code;
        for (int32_t i = 0; i < codes.counts[bits]; ++i, ++code, ++place) {
            // The code of ones alone is left free: else the padding of a scan could be read as codes.
            if (code >= (1 << bits) - 1) return false;
            const uint8_t symbol = codes.symbols[place];
            if (!is_of_baseline(symbol, is_dc)) return false;
            const uint32_t value_bits = symbol & 15u;
            symbols_[place].packed = static_cast<uint16_t>((bits + value_bits) | value_bits << 6 | (symbol >> 4) << 10);
            if (bits > kShort) continue;
            JpegSymbol* first = short_codes_ + (static_cast<uint32_t>(code) << (kShort - bits));
            std::fill_n(first, 1u << (kShort - bits), symbols_[place]);
        }
        end_[bits] = code;
        code <<= 1;
    }
    return true;
}

JpegSymbol JpegCodeTable::find_long(uint64_t bits) const {
    for (uint32_t length = kShort + 1; length <= 16; ++length) {
        const auto code = static_cast<int32_t>(bits >> (64 - length));
        if (code < end_[length]) return symbols_[code + offset_[length]];
    }
    return {};
}

}  // namespace enginery::kernels

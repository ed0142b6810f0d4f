#include "jpeg_entropy.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace enginery::kernels {

namespace {

// A block has 64 symbols of at most 27 bits each, all of which may lie beyond the end of damaged data.
constexpr size_t kPadding = 64 * 4 + 16;

uint64_t load_big_endian(const uint8_t* from) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t value;
    std::memcpy(&value, from, sizeof(value));
    return __builtin_bswap64(value);
#else
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | from[i];
    return value;
#endif
}

// At least 56 bits. Bits beyond `count` may be set already: to what is loaded over them.
inline void refill(uint64_t& bits, uint32_t& count, const uint8_t*& next) {
    bits |= load_big_endian(next) >> count;
    next += (63 - count) >> 3;
    count |= 56;
}

// The coefficient that the first `size` bits stand for, 1 to 15 of them: those that begin with 0 are negative.
inline int32_t coefficient(uint64_t bits, uint32_t size) {
    const auto value = static_cast<int32_t>(bits >> (64 - size));
    const auto is_positive = static_cast<int32_t>(static_cast<int64_t>(bits) >> 63);
    return value - (~is_positive & ((1 << size) - 1));
}

}  // namespace

bool JpegEntropyDecoder::open(const uint8_t* bytes, size_t length, const JpegHeader& header, int32_t mcus_per_row,
                              int32_t mcu_rows) {
    header_ = &header;
    mcus_per_row_ = mcus_per_row;
    for (int32_t i = 0; i < header.component_count; ++i) {
        const JpegComponent& component = header.components[i];
        if (!dc_tables_[component.dc_codes].build(header.dc_codes[component.dc_codes], true)) return false;
        if (!ac_tables_[component.ac_codes].build(header.ac_codes[component.ac_codes], false)) return false;
    }
    const uint64_t mcus = static_cast<uint64_t>(mcus_per_row) * static_cast<uint64_t>(mcu_rows);
    const uint64_t interval = header.restart_interval == 0 ? mcus : header.restart_interval;
    const size_t segments = static_cast<size_t>((mcus + interval - 1) / interval);
    left_in_segment_ = static_cast<uint32_t>(interval);
    if (!unstuff(bytes + header.scan_start, bytes + length, segments)) return false;
    begin_segment();
    return true;
}

// Copies the scan up to the end of the picture, which must follow it. The restart markers must be as many as there
// should be, in their order.
bool JpegEntropyDecoder::unstuff(const uint8_t* from, const uint8_t* end, size_t segments) {
    const size_t room = static_cast<size_t>(end - from);
    if (segments > room) return false;
    data_.reset(new uint8_t[room + kPadding]);
    uint8_t* to = data_.get();
    while (from < end) {
        const auto* mark = static_cast<const uint8_t*>(std::memchr(from, 0xff, static_cast<size_t>(end - from)));
        if (mark == nullptr || end - mark < 2) return false;
        std::memcpy(to, from, static_cast<size_t>(mark - from));
        to += mark - from;
        from = mark + 2;
        const uint8_t marker = mark[1];
        if (marker == 0) {
            *to++ = 0xff;
            continue;
        }
        segment_ends_.push_back(static_cast<size_t>(to - data_.get()));
        if (marker == 0xd9) {
            std::memset(to, 0, kPadding);
            limit_ = to;
            return segment_ends_.size() == segments;
        }
        if (marker != 0xd0 + (segment_ends_.size() - 1) % 8 || segment_ends_.size() >= segments) return false;
    }
    return false;
}

void JpegEntropyDecoder::begin_segment() {
    next_ = data_.get() + (segment_ == 0 ? 0 : segment_ends_[segment_ - 1]);
    bits_ = 0;
    count_ = 0;
    std::fill(std::begin(dc_), std::end(dc_), 0);
}

// All bits of it are read, but for those that fill its last byte.
bool JpegEntropyDecoder::ends_segment() const {
    const int64_t read = (next_ - data_.get()) * int64_t{8} - count_;
    const int64_t left = static_cast<int64_t>(segment_ends_[segment_]) * 8 - read;
    return left >= 0 && left < 8;
}

bool JpegEntropyDecoder::decode_row(const JpegBlockRows* rows) {
    for (int32_t column = 0; column < mcus_per_row_; ++column) {
        if (left_in_segment_ == 0) {
            if (!ends_segment() || ++segment_ >= segment_ends_.size()) return false;
            begin_segment();
            left_in_segment_ = header_->restart_interval;
        }
        if (!decode_mcu(rows, column)) return false;
        --left_in_segment_;
    }
    return true;
}

bool JpegEntropyDecoder::decode_mcu(const JpegBlockRows* rows, int32_t column) {
    for (int32_t i = 0; i < header_->component_count; ++i) {
        const JpegComponent& component = header_->components[i];
        for (int32_t y = 0; y < component.vertical; ++y) {
            for (int32_t x = 0; x < component.horizontal; ++x) {
                const int64_t block = int64_t{y} * rows[i].per_row + int64_t{column} * component.horizontal + x;
                if (!decode_block(rows[i].blocks + 64 * block, rows[i].has_ac[block], i)) return false;
            }
        }
    }
    return true;
}

bool JpegEntropyDecoder::decode_block(int16_t* block, uint8_t& has_ac, int32_t component) {
    if (next_ > limit_ + 8) return false;
    const JpegCodeTable& dc_table = dc_tables_[header_->components[component].dc_codes];
    const JpegCodeTable& ac_table = ac_tables_[header_->components[component].ac_codes];
    // In registers: as members they would be written at each symbol.
    uint64_t bits = bits_;
    uint32_t count = count_;
    const uint8_t* next = next_;

    refill(bits, count, next);
    const JpegSymbol dc = dc_table.find(bits);
    if (dc.packed == 0) return false;
    if (dc.value_bits() != 0) {
        dc_[component] += coefficient(bits << (dc.total_bits() - dc.value_bits()), dc.value_bits());
        if (dc_[component] < INT16_MIN || dc_[component] > INT16_MAX) return false;
    }
    bits <<= dc.total_bits();
    count -= dc.total_bits();
    block[0] = static_cast<int16_t>(dc_[component]);

    uint32_t place = 1;
    bool is_sound = true;
    // Reads one symbol; false after the last one of the block.
    const auto read_symbol = [&] {
        const JpegSymbol symbol = ac_table.find(bits);
        const uint32_t total = symbol.total_bits(), size = symbol.value_bits();
        const uint64_t value = bits << (total - size);
        bits <<= total;
        count -= total;
        place += symbol.run();
        if (size == 0) {
            is_sound = total != 0;
            return symbol.run() != 0 && ++place < 64;
        }
        block[kJpegNaturalOrder[place++]] = static_cast<int16_t>(coefficient(value, size));
        return place < 64;
    };
    // Bits are loaded for two symbols, of 27 and 26 bits at most; the first of a block is that of its mean.
    if (read_symbol()) {
        do refill(bits, count, next);
        while (read_symbol() && read_symbol());
    }
    if (!is_sound || place > 64) return false;
    has_ac = place > 1;
    bits_ = bits;
    count_ = count;
    next_ = next;
    return true;
}

}  // namespace enginery::kernels

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "jpeg_code_table.h"
#include "jpeg_header.h"

namespace enginery::kernels {

// Coefficients of one component in one row of MCUs, not yet multiplied by the quantization's steps.
struct JpegBlockRows {
    int16_t* blocks;  // rows of blocks of 64, zero before they are decoded
    uint8_t* has_ac;  // one for each block
    int32_t per_row;  // blocks from one row of blocks to the next
};

// Reads the Huffman codes of a scan.
class JpegEntropyDecoder {
public:
    // False where the tables are none, or the scan does not end as it should.
    bool open(const uint8_t* bytes, size_t length, const JpegHeader& header, int32_t mcus_per_row, int32_t mcu_rows);

    // Decodes one row of MCUs. False where the codes are damaged.
    bool decode_row(const JpegBlockRows* rows);

    // Whether the scan ends where its last code does.
    bool is_at_end() const { return segment_ + 1 == segment_ends_.size() && ends_segment(); }

private:
    bool unstuff(const uint8_t* from, const uint8_t* end, size_t segments);
    void begin_segment();
    bool ends_segment() const;
    bool decode_mcu(const JpegBlockRows* rows, int32_t column);
    bool decode_block(int16_t* block, uint8_t& has_ac, int32_t component);

    const JpegHeader* header_ = nullptr;
    int32_t mcus_per_row_ = 0;
    JpegCodeTable dc_tables_[4];
    JpegCodeTable ac_tables_[4];

    // The scan without stuffed zeros and markers, and where each segment between two markers ends.
    std::unique_ptr<uint8_t[]> data_;
    std::vector<size_t> segment_ends_;
    size_t segment_ = 0;
    uint32_t left_in_segment_ = 0;  // MCUs

    // The next bits of the scan, from the highest bit down; count_ of them are valid.
    uint64_t bits_ = 0;
    uint32_t count_ = 0;
    const uint8_t* next_ = nullptr;
    const uint8_t* limit_ = nullptr;  // of the data that may be read from
    int32_t dc_[3] = {};
};

}  // namespace enginery::kernels

#pragma once

#include <cstddef>
#include <cstdint>

namespace enginery::kernels {

// Code lengths and symbols as a DHT segment gives them.
struct JpegCodes {
    bool is_known = false;
    uint8_t counts[17] = {};  // of codes of 1 to 16 bits
    uint8_t symbols[256] = {};
};

struct JpegComponent {
    uint8_t id = 0;
    int32_t horizontal = 1;  // sampling factors
    int32_t vertical = 1;
    uint8_t quantization = 0;  // indices of tables
    uint8_t dc_codes = 0;
    uint8_t ac_codes = 0;
};

// What a JPEG file says before its pixels.
struct JpegHeader {
    int32_t width = 0;
    int32_t height = 0;
    int32_t component_count = 0;  // 1 or 3
    JpegComponent components[3];
    bool has_quantization[4] = {};
    uint16_t quantization[4][64] = {};  // rows of 8
    JpegCodes dc_codes[4];
    JpegCodes ac_codes[4];
    uint32_t restart_interval = 0;  // MCUs; 0 for none
    size_t scan_start = 0;          // where the coded pixels begin
};

// From the order in which coefficients are coded to their place in rows of 8; the last place again for the 16 after them,
// which damaged data reach.
extern const uint8_t kJpegNaturalOrder[64 + 16];

// Reads up to the pixels of a file that decode_jpeg decodes: one scan of Huffman codes, 8 bits a sample, gray or YCbCr
// in 4:4:4, 4:2:2 or 4:2:0. False for any other, and where anything about it is unusual.
bool read_jpeg_header(const uint8_t* bytes, size_t length, JpegHeader& header);

}  // namespace enginery::kernels

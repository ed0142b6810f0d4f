#include "jpeg_header.h"

#include <cstring>

namespace enginery::kernels {

const uint8_t kJpegNaturalOrder[64 + 16] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,   //
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,  //
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,  //
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,  //
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
};

namespace {

// libjpeg's own limit.
constexpr int32_t kLargestJpegSide = 65500;

// The content of a segment, without its length.
struct Segment {
    const uint8_t* data;
    size_t length;

    uint32_t u16(size_t at) const { return static_cast<uint32_t>(data[at] << 8 | data[at + 1]); }
    bool begins_with(const char* text, size_t size) const { return length >= size && std::memcmp(data, text, size) == 0; }
};

class HeaderReader {
public:
    HeaderReader(const uint8_t* bytes, size_t length, JpegHeader& header) : bytes_(bytes), length_(length), header_(header) {}

    bool read() {
        if (length_ < 4 || bytes_[0] != 0xff || bytes_[1] != 0xd8) return false;
        size_t at = 2;
        while (at + 4 <= length_) {
            if (bytes_[at] != 0xff) return false;
            const uint8_t marker = bytes_[at + 1];
            if (marker == 0xff) {  // any number of fill bytes
                ++at;
                continue;
            }
            const size_t size = static_cast<size_t>(bytes_[at + 2] << 8 | bytes_[at + 3]);
            if (size < 2 || size > length_ - at - 2) return false;
            const Segment segment{bytes_ + at + 4, size - 2};
            at += 2 + size;
            if (marker == 0xda) {
                header_.scan_start = at;
                return read_scan(segment) && is_decodable();
            }
            if (!read_segment(marker, segment)) return false;
        }
        return false;
    }

private:
    bool read_segment(uint8_t marker, const Segment& segment) {
        if (marker == 0xc0 || marker == 0xc1) return read_frame(segment);
        if (marker == 0xc4) return read_codes(segment);
        if (marker == 0xdb) return read_quantization(segment);
        if (marker == 0xdd) return read_restart_interval(segment);
        if (marker == 0xe0) {
            if (segment.begins_with("JFIF", 5) && segment.length >= 14) has_jfif_ = true;
            return true;
        }
        if (marker == 0xee) {
            if (segment.begins_with("Adobe", 5) && segment.length >= 12) adobe_transform_ = segment.data[11];
            return true;
        }
        return (marker > 0xe0 && marker <= 0xef) || marker == 0xfe;
    }

    bool read_frame(const Segment& segment) {
        if (header_.component_count != 0 || segment.length < 6) return false;
        header_.height = static_cast<int32_t>(segment.u16(1));
        header_.width = static_cast<int32_t>(segment.u16(3));
        const int32_t count = segment.data[5];
        const bool is_of_8_bits = segment.data[0] == 8;
        if (!is_of_8_bits || (count != 1 && count != 3) || segment.length != 6 + 3 * static_cast<size_t>(count)) return false;
        if (header_.width < 1 || header_.height < 1) return false;
        if (header_.width > kLargestJpegSide || header_.height > kLargestJpegSide) return false;
        for (int32_t i = 0; i < count; ++i) {
            const uint8_t* from = segment.data + 6 + 3 * i;
            JpegComponent& component = header_.components[i];
            component.id = from[0];
            component.horizontal = from[1] >> 4;
            component.vertical = from[1] & 15;
            component.quantization = from[2];
            if (component.quantization > 3) return false;
        }
        header_.component_count = count;
        return true;
    }

    bool read_codes(Segment segment) {
        while (segment.length > 0) {
            if (segment.length < 17) return false;
            const uint8_t kind = segment.data[0] >> 4, index = segment.data[0] & 15;
            if (kind > 1 || index > 3) return false;
            JpegCodes& codes = kind == 0 ? header_.dc_codes[index] : header_.ac_codes[index];
            size_t total = 0;
            for (int bits = 1; bits <= 16; ++bits) total += codes.counts[bits] = segment.data[bits];
            if (total > 256 || total > segment.length - 17) return false;
            std::memset(codes.symbols, 0, sizeof(codes.symbols));
            std::memcpy(codes.symbols, segment.data + 17, total);
            codes.is_known = true;
            segment = {segment.data + 17 + total, segment.length - 17 - total};
        }
        return true;
    }

    bool read_quantization(Segment segment) {
        while (segment.length > 0) {
            const uint8_t index = segment.data[0];
            // Above are 16-bit steps, which these files have no use for.
            if (index > 3 || segment.length < 65) return false;
            for (int i = 0; i < 64; ++i) header_.quantization[index][kJpegNaturalOrder[i]] = segment.data[1 + i];
            header_.has_quantization[index] = true;
            segment = {segment.data + 65, segment.length - 65};
        }
        return true;
    }

    bool read_restart_interval(const Segment& segment) {
        if (segment.length != 2) return false;
        header_.restart_interval = segment.u16(0);
        return true;
    }

    bool read_scan(const Segment& segment) {
        const int32_t count = header_.component_count;
        if (count == 0 || segment.length != 4 + 2 * static_cast<size_t>(count) || segment.data[0] != count) return false;
        for (int32_t i = 0; i < count; ++i) {
            JpegComponent& component = header_.components[i];
            if (segment.data[1 + 2 * i] != component.id) return false;
            component.dc_codes = segment.data[2 + 2 * i] >> 4;
            component.ac_codes = segment.data[2 + 2 * i] & 15;
            if (component.dc_codes > 3 || component.ac_codes > 3) return false;
        }
        const uint8_t* selection = segment.data + 1 + 2 * count;
        return selection[0] == 0 && selection[1] == 63 && selection[2] == 0;
    }

    bool is_decodable() {
        for (int32_t i = 0; i < header_.component_count; ++i) {
            const JpegComponent& component = header_.components[i];
            if (!header_.has_quantization[component.quantization]) return false;
            if (!header_.dc_codes[component.dc_codes].is_known || !header_.ac_codes[component.ac_codes].is_known) return false;
        }
        if (header_.component_count == 1) {
            // Of a single component the factors say nothing: blocks follow each other row by row.
            JpegComponent& gray = header_.components[0];
            if (gray.horizontal < 1 || gray.horizontal > 4 || gray.vertical < 1 || gray.vertical > 4) return false;
            gray.horizontal = gray.vertical = 1;
            return true;
        }
        return is_ycbcr() && is_known_sampling();
    }

    bool is_ycbcr() const {
        if (adobe_transform_ >= 0) return adobe_transform_ == 1;
        const JpegComponent* components = header_.components;
        return has_jfif_ || (components[0].id == 1 && components[1].id == 2 && components[2].id == 3);
    }

    bool is_known_sampling() const {
        const auto& [y, cb, cr] = header_.components;
        if (cb.horizontal != 1 || cb.vertical != 1 || cr.horizontal != 1 || cr.vertical != 1) return false;
        const bool is_halved = y.horizontal == 2 && (y.vertical == 1 || y.vertical == 2);
        // Pictures narrower than this are not interpolated.
        return is_halved ? header_.width > 4 : y.horizontal == 1 && y.vertical == 1;
    }

    const uint8_t* bytes_;
    size_t length_;
    JpegHeader& header_;
    bool has_jfif_ = false;
    int adobe_transform_ = -1;
};

}  // namespace

bool read_jpeg_header(const uint8_t* bytes, size_t length, JpegHeader& header) {
    header = {};
    return HeaderReader(bytes, length, header).read();
}

}  // namespace enginery::kernels

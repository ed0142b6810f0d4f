#include "decode_jpeg.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "jpeg_color.h"
#include "jpeg_entropy.h"
#include "jpeg_header.h"
#include "jpeg_inverse_dct.h"
#include "jpeg_upsample.h"

namespace enginery::kernels {

namespace {

constexpr int32_t kBlockSide = 8;

// The samples of one component in one row of MCUs, below the last row of samples of the MCUs before.
struct Band {
    std::vector<int16_t> coefficients;
    std::vector<uint8_t> has_ac;
    std::vector<uint8_t> samples;
    int32_t blocks_per_row = 0;
    int32_t rows = 0;
    ptrdiff_t stride = 0;

    // -1 is the row before.
    uint8_t* row(int32_t index) { return samples.data() + (index + 1) * stride; }
};

// Decodes a row of MCUs at a time, so that all it works on stays in the cache.
class JpegDecoder {
public:
    JpegDecoder(const JpegHeader& header, uint8_t* target, SimdLevel level)
        : header_(header),
          target_(target),
          level_(level),
          mcu_width_(kBlockSide * header.components[0].horizontal),
          mcu_height_(kBlockSide * header.components[0].vertical),
          mcus_per_row_((header.width + mcu_width_ - 1) / mcu_width_),
          mcu_rows_((header.height + mcu_height_ - 1) / mcu_height_),
          chroma_width_(header.components[0].horizontal == 2 ? (header.width + 1) / 2 : header.width) {}

    bool decode(const uint8_t* bytes, size_t length) {
        // A block takes two bits at least.
        const uint64_t blocks = static_cast<uint64_t>(mcus_per_row_) * static_cast<uint64_t>(mcu_rows_);
        if (length < blocks / 4 || !entropy_.open(bytes, length, header_, mcus_per_row_, mcu_rows_)) return false;
        make_bands();
        for (int32_t mcu_row = 0; mcu_row < mcu_rows_; ++mcu_row) {
            if (!decode_samples()) return false;
            write_rows(mcu_row);
            keep_last_rows();
        }
        return entropy_.is_at_end();
    }

private:
    bool interpolates_rows() const { return header_.components[0].vertical == 2; }

    void make_bands() {
        for (int32_t i = 0; i < header_.component_count; ++i) {
            const JpegComponent& component = header_.components[i];
            Band& band = bands_[i];
            band.rows = kBlockSide * component.vertical;
            // Blocks are transformed in pairs.
            band.blocks_per_row = (mcus_per_row_ * component.horizontal + 1) / 2 * 2;
            band.stride = kBlockSide * band.blocks_per_row + kJpegRowReach;
            const size_t blocks = static_cast<size_t>(band.blocks_per_row) * component.vertical;
            band.coefficients.resize(blocks * kBlockSide * kBlockSide);
            band.has_ac.resize(blocks);
            band.samples.resize(static_cast<size_t>(band.stride) * (band.rows + 1));
        }
        for (auto& row : wide_) row.resize(2 * static_cast<size_t>(chroma_width_) + kJpegRowReach);
        sums_.resize(static_cast<size_t>(chroma_width_));
    }

    bool decode_samples() {
        JpegBlockRows rows[3];
        for (int32_t i = 0; i < header_.component_count; ++i) {
            Band& band = bands_[i];
            std::fill(band.coefficients.begin(), band.coefficients.end(), int16_t{0});
            rows[i] = {band.coefficients.data(), band.has_ac.data(), band.blocks_per_row};
        }
        if (!entropy_.decode_row(rows)) return false;
        for (int32_t i = 0; i < header_.component_count; ++i) {
            Band& band = bands_[i];
            const JpegComponent& component = header_.components[i];
            for (int32_t y = 0; y < component.vertical; ++y) {
                const ptrdiff_t first = static_cast<ptrdiff_t>(y) * band.blocks_per_row;
                inverse_dct(band.coefficients.data() + 64 * first, band.has_ac.data() + first, band.blocks_per_row,
                            header_.quantization[component.quantization], band.row(kBlockSide * y), band.stride, level_);
            }
        }
        return true;
    }

    // Rows that are interpolated with the row below wait for the next MCUs.
    void write_rows(int32_t mcu_row) {
        const int32_t top = mcu_row * mcu_height_;
        const int32_t waiting = interpolates_rows() ? 1 : 0;
        const int32_t first = std::max(0, top - waiting);
        const int32_t end = mcu_row + 1 == mcu_rows_ ? header_.height : top + mcu_height_ - waiting;
        for (int32_t y = first; y < end; ++y) write_row(y, top);
    }

    void write_row(int32_t y, int32_t top) {
        uint8_t* rgb = target_ + static_cast<size_t>(y) * static_cast<size_t>(header_.width) * 3;
        const uint8_t* luma = bands_[0].row(y - top);
        if (header_.component_count == 1) return rgb_from_gray(luma, header_.width, rgb, level_);
        const uint8_t* chroma[2];
        for (int32_t i = 0; i < 2; ++i) chroma[i] = chroma_row(i, y, top);
        rgb_from_ycbcr(luma, chroma[0], chroma[1], header_.width, rgb, level_);
    }

    const uint8_t* chroma_row(int32_t index, int32_t y, int32_t top) {
        Band& band = bands_[1 + index];
        if (header_.components[0].horizontal == 1) return band.row(y - top);
        uint8_t* wide = wide_[index].data();
        if (!interpolates_rows()) {
            upsample_row(band.row(y - top), chroma_width_, wide, level_);
            return wide;
        }
        const int32_t nearest = y / 2, last = (header_.height + 1) / 2 - 1;
        const int32_t next = std::clamp(y % 2 == 0 ? nearest - 1 : nearest + 1, 0, last);
        upsample_between_rows(band.row(nearest - top / 2), band.row(next - top / 2), chroma_width_, sums_.data(), wide, level_);
        return wide;
    }

    void keep_last_rows() {
        if (!interpolates_rows()) return;
        for (Band& band : bands_) std::memcpy(band.row(-1), band.row(band.rows - 1), static_cast<size_t>(band.stride));
    }

    const JpegHeader& header_;
    uint8_t* target_;
    SimdLevel level_;
    int32_t mcu_width_, mcu_height_;
    int32_t mcus_per_row_, mcu_rows_;
    int32_t chroma_width_;
    JpegEntropyDecoder entropy_;
    Band bands_[3];
    std::vector<uint8_t> wide_[2];
    std::vector<uint16_t> sums_;
};

}  // namespace

bool decode_jpeg(const uint8_t* bytes, size_t length, uint8_t* target, size_t target_length, SimdLevel level) {
    JpegHeader header;
    if (!read_jpeg_header(bytes, length, header)) return false;
    if (static_cast<uint64_t>(header.width) * static_cast<uint64_t>(header.height) * 3 != target_length) return false;
    return JpegDecoder(header, target, level).decode(bytes, length);
}

}  // namespace enginery::kernels

#pragma once

#include <cstring>
#include <vector>

#include "picture.h"

namespace enginery::kernels {

// Bytes that vector code may read beyond the end of a row.
constexpr size_t kRowOverread = 32;

// Rows near the end of a picture's memory are read from a copy: what vector loads read beyond them is ours then.
class RowReader {
public:
    explicit RowReader(const PictureView& source) : source_(source) {}

    // Valid until the next call.
    const uint8_t* row(int32_t y) {
        const uint8_t* row = source_.row(y);
        const size_t bytes = source_.row_bytes();
        if (static_cast<size_t>(source_.end - row) >= bytes + kRowOverread) return row;
        if (copy_.empty()) copy_.resize(bytes + kRowOverread);
        std::memcpy(copy_.data(), row, bytes);
        return copy_.data();
    }

private:
    const PictureView& source_;
    std::vector<uint8_t> copy_;
};

}  // namespace enginery::kernels

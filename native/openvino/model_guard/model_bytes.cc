#include "model_bytes.h"

#include <algorithm>

namespace enginery::model_guard {
namespace {

// Weights lie between the parts that are read, so a larger window would mostly hold what nobody asks for.
constexpr uint64_t window_bytes = 8 << 10;

}  // namespace

const uint8_t* ModelBytes::at(uint64_t offset, uint64_t count) {
    if (offset > size_ || count > size_ - offset) {
        throw Damage("it is cut short: " + std::to_string(count) + " bytes at byte " + std::to_string(offset) +
                     " are beyond its end at byte " + std::to_string(size_));
    }
    return load(offset, count);
}

FileBytes::FileBytes(const std::string& path) : ModelBytes(0) {
    file_.rdbuf()->pubsetbuf(nullptr, 0);
    file_.open(path, std::ios::binary);
    if (!file_.seekg(0, std::ios::end)) return;
    const auto end = file_.tellg();
    if (end < 0) return;
    size_ = static_cast<uint64_t>(end);
    readable_ = true;
}

const uint8_t* FileBytes::load(uint64_t offset, uint64_t count) {
    if (offset >= start_ && offset - start_ <= window_.size() && count <= window_.size() - (offset - start_)) {
        return window_.data() + (offset - start_);
    }
    window_.resize(std::min(std::max(count, window_bytes), size_ - offset));
    start_ = offset;
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(window_.data()), static_cast<std::streamsize>(window_.size()));
    const auto got = static_cast<uint64_t>(std::max<std::streamsize>(file_.gcount(), 0));
    window_.resize(got);
    if (got < count) throw Damage("it became shorter while it was read");
    return window_.data();
}

}  // namespace enginery::model_guard

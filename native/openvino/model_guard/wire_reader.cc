#include "wire_reader.h"

#include <algorithm>

namespace enginery::model_guard {
namespace {

// Names are far shorter; a longer one is garbage.
constexpr uint64_t longest_text = 1 << 20;

[[noreturn]] void refuse(const std::string& what, uint64_t position) {
    throw Damage(what + " at byte " + std::to_string(position));
}

}  // namespace

bool WireReader::next() {
    position_ = value_end_ > position_ ? value_end_ : position_;
    if (position_ >= end_) return false;
    const uint64_t start = position_;
    const uint64_t tag = varint(end_);
    type_ = static_cast<uint32_t>(tag & 7);
    if (tag >> 3 == 0 || tag >> 32 != 0) refuse("there is no field " + std::to_string(tag >> 3) + ", found", start);
    number_ = static_cast<uint32_t>(tag >> 3);
    value_ = position_;
    uint64_t length = 0;
    switch (type_) {
        case 0:
            varint(end_);
            length = position_ - value_;
            break;
        case 1: length = 8; break;
        case 2:
            length = varint(end_);
            value_ = position_;
            break;
        case 5: length = 4; break;
        default: refuse("wire type " + std::to_string(type_), start);
    }
    if (length > end_ - value_) refuse("a value longer than the message around it", start);
    value_end_ = value_ + length;
    return true;
}

uint64_t WireReader::varint(uint64_t limit) {
    uint64_t value = 0;
    const uint64_t start = position_;
    const uint8_t* bytes = bytes_->at(start, std::min<uint64_t>(10, limit - start));
    for (int i = 0; i < 10; i++) {
        if (position_ >= limit) refuse("a number without end", start);
        const uint8_t byte = bytes[i];
        position_++;
        value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
        if (byte < 0x80) return value;
    }
    refuse("a number of more than 10 bytes", start);
}

void WireReader::expect(uint32_t type) const {
    if (type_ == type) return;
    refuse("field " + std::to_string(number_) + " has wire type " + std::to_string(type_) + ", expected " + std::to_string(type) +
               ",",
           value_);
}

int64_t WireReader::integer() {
    expect(0);
    position_ = value_;
    return static_cast<int64_t>(varint(value_end_));
}

std::string WireReader::text() {
    expect(2);
    if (length() > longest_text) refuse("a name of " + std::to_string(length()) + " bytes", value_);
    return std::string(reinterpret_cast<const char*>(bytes_->at(value_, length())), static_cast<size_t>(length()));
}

WireReader WireReader::message() {
    expect(2);
    return WireReader(*bytes_, value_, value_end_);
}

void WireReader::append_integers(std::vector<int64_t>& into, size_t most) {
    if (type_ == 0) {
        if (into.size() < most) into.push_back(integer());
        return;
    }
    expect(2);
    position_ = value_;
    while (position_ < value_end_ && into.size() < most) into.push_back(static_cast<int64_t>(varint(value_end_)));
}

void WireReader::append_raw(std::vector<int64_t>& into, size_t bytes_each, size_t most) {
    expect(2);
    for (uint64_t at = value_; into.size() < most && value_end_ - at >= bytes_each; at += bytes_each) {
        into.push_back(bytes_each == 8 ? bytes_->little_endian<int64_t>(at) : bytes_->little_endian<int32_t>(at));
    }
}

}  // namespace enginery::model_guard

#include "copy_finite.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace enginery::tensorrt {
namespace {

// Small enough that the copy is still in the nearest cache when it is looked at.
constexpr size_t kBlockBytes = 8192;

// All bits of an exponent set: infinity or NaN.
template <typename Word, Word kExponent>
size_t copy_words(void* to, const void* from, size_t bytes) noexcept {
    for (size_t start = 0; start < bytes; start += kBlockBytes) {
        const size_t length = std::min(kBlockBytes, bytes - start);
        Word words[kBlockBytes / sizeof(Word)];
        char* const copied = static_cast<char*>(to) + start;
        std::memcpy(copied, static_cast<const char*>(from) + start, length);
        std::memcpy(words, copied, length);
        const size_t count = length / sizeof(Word);
        Word odd = 0;
        for (size_t i = 0; i < count; i++) odd |= static_cast<Word>((words[i] & kExponent) == kExponent);
        if (odd == 0) continue;
        const auto* found = std::find_if(words, words + count, [](Word word) { return (word & kExponent) == kExponent; });
        return start / sizeof(Word) + static_cast<size_t>(found - words);
    }
    return kAllFinite;
}

}  // namespace

size_t copy_finite(void* to, const void* from, size_t bytes, FloatKind kind) noexcept {
    if (bytes == 0) return kAllFinite;
    switch (kind) {
        case FloatKind::f32: return copy_words<uint32_t, 0x7f800000u>(to, from, bytes);
        case FloatKind::f16: return copy_words<uint16_t, 0x7c00u>(to, from, bytes);
        case FloatKind::bf16: return copy_words<uint16_t, 0x7f80u>(to, from, bytes);
        case FloatKind::none: break;
    }
    std::memcpy(to, from, bytes);
    return kAllFinite;
}

}  // namespace enginery::tensorrt

#include "copy_finite.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace enginery::tensorrt {
namespace {

// Often enough that a copy ends soon after what it looks for, seldom enough that compilers make vector code of it.
constexpr size_t kBlockBytes = 8192;

template <typename Word>
Word load(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

// All bits of an exponent set: infinity or NaN.
template <typename Word, Word kExponent>
size_t copy_words(char* __restrict to, const char* __restrict from, size_t bytes) noexcept {
    for (size_t start = 0; start < bytes; start += kBlockBytes) {
        const size_t end = std::min(start + kBlockBytes, bytes);
        Word odd = 0;
        for (size_t at = start; at < end; at += sizeof(Word)) {
            const Word word = load<Word>(from + at);
            std::memcpy(to + at, &word, sizeof word);
            odd |= static_cast<Word>((word & kExponent) == kExponent);
        }
        for (size_t at = start; odd != 0 && at < end; at += sizeof(Word)) {
            if ((load<Word>(to + at) & kExponent) == kExponent) return at / sizeof(Word);
        }
    }
    return kAllFinite;
}

}  // namespace

size_t copy_finite(void* target, const void* source, size_t bytes, FloatKind kind) noexcept {
    if (bytes == 0) return kAllFinite;
    auto* const to = static_cast<char*>(target);
    const auto* const from = static_cast<const char*>(source);
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

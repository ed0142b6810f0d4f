#include "convert_elements.h"

#include "../cpu/simd_dispatch.h"
#include "scalar_conversion.h"

#if ENGINERY_X86_SIMD
#include <immintrin.h>
#endif

namespace enginery::kernels {

namespace {

struct FloatFromBrain {
    ENGINERY_ALWAYS_INLINE float operator()(uint16_t value) const { return float_from_brain(value); }
};

struct BrainFromFloat {
    ENGINERY_ALWAYS_INLINE uint16_t operator()(float value) const { return brain_from_float(value); }
};

template <typename Convert, typename Source, typename Target>
struct ConvertEach {
    const Source* source;
    Target* target;
    size_t count;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const Source* __restrict from = source;
        Target* __restrict to = target;
        const Convert convert;
        for (size_t i = 0; i < count; ++i) to[i] = convert(from[i]);
    }
};

struct SignedNibbles {
    using Value = int8_t;
    ENGINERY_ALWAYS_INLINE int8_t low(uint8_t byte) const { return int8_from_low_nibble(byte); }
    ENGINERY_ALWAYS_INLINE int8_t high(uint8_t byte) const { return int8_from_high_nibble(byte); }
    ENGINERY_ALWAYS_INLINE uint8_t nibble(int8_t value) const { return nibble_from_int8(value); }
};

struct UnsignedNibbles {
    using Value = uint8_t;
    ENGINERY_ALWAYS_INLINE uint8_t low(uint8_t byte) const { return byte & 0x0f; }
    ENGINERY_ALWAYS_INLINE uint8_t high(uint8_t byte) const { return byte >> 4; }
    ENGINERY_ALWAYS_INLINE uint8_t nibble(uint8_t value) const { return nibble_from_uint8(value); }
};

template <typename Nibbles>
struct Unpack {
    const uint8_t* source;
    typename Nibbles::Value* target;
    size_t count;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const uint8_t* __restrict from = source;
        typename Nibbles::Value* __restrict to = target;
        const Nibbles nibbles;
        const size_t pairs = count / 2;
        for (size_t i = 0; i < pairs; ++i) {
            to[2 * i] = nibbles.low(from[i]);
            to[2 * i + 1] = nibbles.high(from[i]);
        }
        if (count % 2 != 0) to[count - 1] = nibbles.low(from[pairs]);
    }
};

template <typename Nibbles>
struct Pack {
    const typename Nibbles::Value* source;
    uint8_t* target;
    size_t count;

    ENGINERY_ALWAYS_INLINE void operator()() const {
        const typename Nibbles::Value* __restrict from = source;
        uint8_t* __restrict to = target;
        const Nibbles nibbles;
        const size_t pairs = count / 2;
        for (size_t i = 0; i < pairs; ++i) {
            const uint8_t low = nibbles.nibble(from[2 * i]);
            const uint8_t high = nibbles.nibble(from[2 * i + 1]);
            to[i] = static_cast<uint8_t>(low | (high << 4));
        }
        if (count % 2 != 0) to[pairs] = nibbles.nibble(from[count - 1]);
    }
};

// Half precision has instructions of its own, which treat NaN and subnormals as scalar_conversion.h does. The functions
// return how many elements they did: whole vectors only, the caller finishes. Memory is the limit already with 256 bits:
// 512 would gain nothing.
#if ENGINERY_X86_SIMD
ENGINERY_TARGET("avx2,f16c")
size_t widen_halves_avx2(const uint16_t* source, float* target, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i));
        _mm256_storeu_ps(target + i, _mm256_cvtph_ps(halves));
    }
    return i;
}

ENGINERY_TARGET("avx2,f16c")
size_t narrow_floats_avx2(const float* source, uint16_t* target, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(source + i), _MM_FROUND_TO_NEAREST_INT);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(target + i), halves);
    }
    return i;
}
#endif

}  // namespace

void float32_from_float16(const uint16_t* source, float* target, size_t count, SimdLevel level) {
    size_t i = 0;
#if ENGINERY_X86_SIMD
    if (level >= SimdLevel::avx2) i = widen_halves_avx2(source, target, count);
#endif
    static_cast<void>(level);
    for (; i < count; ++i) target[i] = float_from_half(source[i]);
}

void float16_from_float32(const float* source, uint16_t* target, size_t count, SimdLevel level) {
    size_t i = 0;
#if ENGINERY_X86_SIMD
    if (level >= SimdLevel::avx2) i = narrow_floats_avx2(source, target, count);
#endif
    static_cast<void>(level);
    for (; i < count; ++i) target[i] = half_from_float(source[i]);
}

void float32_from_bfloat16(const uint16_t* source, float* target, size_t count, SimdLevel level) {
    run(level, ConvertEach<FloatFromBrain, uint16_t, float>{source, target, count});
}

void bfloat16_from_float32(const float* source, uint16_t* target, size_t count, SimdLevel level) {
    run(level, ConvertEach<BrainFromFloat, float, uint16_t>{source, target, count});
}

void int8_from_int4(const uint8_t* source, int8_t* target, size_t count, SimdLevel level) {
    run(level, Unpack<SignedNibbles>{source, target, count});
}

void uint8_from_uint4(const uint8_t* source, uint8_t* target, size_t count, SimdLevel level) {
    run(level, Unpack<UnsignedNibbles>{source, target, count});
}

void int4_from_int8(const int8_t* source, uint8_t* target, size_t count, SimdLevel level) {
    run(level, Pack<SignedNibbles>{source, target, count});
}

void uint4_from_uint8(const uint8_t* source, uint8_t* target, size_t count, SimdLevel level) {
    run(level, Pack<UnsignedNibbles>{source, target, count});
}

}  // namespace enginery::kernels

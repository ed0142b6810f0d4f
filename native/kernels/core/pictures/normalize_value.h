#pragma once

#include <cmath>
#include <cstdint>

#include "../elements/scalar_conversion.h"

namespace enginery::kernels {

// value * scale + bias for bytes in single precision, exact to about one unit in the last place even where the two
// cancel: (value - mean) / std near the mean. Scale and bias are kept in two floats each. The upper one of the scale has
// 16 bits, so its product with a byte is exact; what the rounding of both lost is added at the end.
struct Normalization {
    float scale_upper;
    float scale_lower;
    float bias_upper;
    float bias_lower;

    Normalization(double scale, double bias) {
        scale_upper = float_from_bits(bits_from_float(static_cast<float>(scale)) & 0xffffff00u);
        scale_lower = static_cast<float>(scale - scale_upper);
        bias_upper = static_cast<float>(bias);
        bias_lower = static_cast<float>(bias - bias_upper);
    }

    ENGINERY_ALWAYS_INLINE float operator()(float value) const {
        return (value * scale_upper + bias_upper) + (value * scale_lower + bias_lower);
    }
};

template <typename Element>
Element element_from_float(float value);

template <>
inline float element_from_float<float>(float value) {
    return value;
}

template <>
inline uint16_t element_from_float<uint16_t>(float value) {
    return half_from_float(value);
}

template <>
inline uint8_t element_from_float<uint8_t>(float value) {
    // Not a number becomes 0.
    return !(value > 0) ? 0 : value >= 255 ? 255 : static_cast<uint8_t>(std::lrint(value));
}

}  // namespace enginery::kernels

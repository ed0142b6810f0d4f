#pragma once

#include <cstddef>

namespace enginery::tensorrt {

// How the elements of an input are looked at while they are copied.
enum class FloatKind { none, f32, f16, bf16 };

constexpr size_t kAllFinite = static_cast<size_t>(-1);

// Copies, and returns the index of the first element that is infinite or NaN; kAllFinite where there is none. What is
// looked at is the copy: the source may be shared with threads that write to it. `bytes` is a multiple of an element's.
size_t copy_finite(void* to, const void* from, size_t bytes, FloatKind kind) noexcept;

}  // namespace enginery::tensorrt

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "copy_finite.h"
#include "device_memory.h"

namespace enginery::tensorrt {

// One input of a network, as a batch holds it.
struct BatchInput {
    std::string name;
    size_t bytes;         // of a whole batch
    size_t element_size;  // in bytes
    FloatKind kind;
};

// Two batches in pinned memory: one is filled by another thread while the engine's thread has the other copied to the
// device.
//
// Elements are appended input by input, in the order in which they lie. After close() the memory is gone, and whoever
// still wants to write is refused.
class BatchSlots {
public:
    explicit BatchSlots(std::vector<BatchInput> inputs);

    const std::vector<BatchInput>& inputs() const noexcept { return inputs_; }

    // Engine thread.
    void allocate(const std::shared_ptr<const DeviceMemory>& memory);
    // Slot 0 or 1 is filled from now on, from its beginning.
    void open(size_t slot);
    // Of a slot that the filling thread is done with.
    const char* data(size_t slot, size_t input) const noexcept { return slots_[slot][input].data(); }
    void close() noexcept;

    // Filling thread. Copies the next elements of an input, and returns the index among them of the first that is
    // infinite or NaN, kAllFinite where there is none. Throws NATIVE_CLOSED when nothing is being filled, and
    // NATIVE_TENSOR for what does not fit.
    size_t append(size_t input, const void* data, size_t bytes);
    // Throws NATIVE_TENSOR unless every input is full; nothing can be appended afterwards.
    void complete();
    // Whether nothing was appended since the slot was opened.
    bool is_untouched() const noexcept;

private:
    std::vector<BatchInput> inputs_;
    std::array<std::vector<PinnedBuffer>, 2> slots_;
    mutable std::mutex mutex_;
    std::vector<size_t> appended_;
    size_t filling_ = 0;
    bool is_open_ = false;
};

}  // namespace enginery::tensorrt

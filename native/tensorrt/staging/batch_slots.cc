#include "batch_slots.h"

#include <algorithm>
#include <utility>

#include "../../shared/native_error.h"

namespace enginery::tensorrt {

BatchSlots::BatchSlots(std::vector<BatchInput> inputs) : inputs_(std::move(inputs)), appended_(inputs_.size(), 0) {}

void BatchSlots::allocate(const std::shared_ptr<const DeviceMemory>& memory) {
    std::array<std::vector<PinnedBuffer>, 2> slots;
    for (auto& slot : slots) {
        slot.reserve(inputs_.size());
        for (const BatchInput& input : inputs_) slot.emplace_back(memory, input.bytes);
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    slots_.swap(slots);
}

void BatchSlots::open(size_t slot) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (slots_[0].size() != inputs_.size()) throw NativeError("NATIVE_CLOSED", "there is no memory for batches");
    filling_ = slot;
    std::fill(appended_.begin(), appended_.end(), 0);
    is_open_ = true;
}

void BatchSlots::close() noexcept {
    std::array<std::vector<PinnedBuffer>, 2> freed;
    {
        // At most one piece is being copied under this lock.
        const std::lock_guard<std::mutex> lock(mutex_);
        is_open_ = false;
        slots_.swap(freed);
    }
}

size_t BatchSlots::append(size_t input, const void* data, size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_open_) throw NativeError("NATIVE_CLOSED", "no batch is being filled");
    if (input >= inputs_.size()) throw NativeError("NATIVE_ARGUMENT", "there is no input " + std::to_string(input));
    const BatchInput& expected = inputs_[input];
    const size_t left = expected.bytes - appended_[input];
    if (bytes > left || bytes % expected.element_size != 0) {
        throw NativeError("NATIVE_TENSOR", "input " + expected.name + ": expected whole elements of " +
                                               std::to_string(expected.element_size) + " bytes, at most " + std::to_string(left) +
                                               " bytes, received " + std::to_string(bytes));
    }
    char* const to = slots_[filling_][input].data() + appended_[input];
    appended_[input] += bytes;
    return copy_finite(to, data, bytes, expected.kind);
}

void BatchSlots::complete() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_open_) throw NativeError("NATIVE_CLOSED", "no batch is being filled");
    for (size_t i = 0; i < inputs_.size(); i++) {
        if (appended_[i] == inputs_[i].bytes) continue;
        throw NativeError("NATIVE_TENSOR", "input " + inputs_[i].name + ": expected a batch of " +
                                               std::to_string(inputs_[i].bytes) + " bytes, received " +
                                               std::to_string(appended_[i]));
    }
    is_open_ = false;
}

bool BatchSlots::is_untouched() const noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::all_of(appended_.begin(), appended_.end(), [](size_t bytes) { return bytes == 0; });
}

}  // namespace enginery::tensorrt

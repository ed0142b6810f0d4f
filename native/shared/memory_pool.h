#pragma once

#include <cstddef>
#include <memory>

namespace enginery {

// Memory that engines read and write in place. Goes back to the pool when the last holder (a
// JavaScript buffer, a running inference, a compiled model) lets go of it.
class MemoryBlock {
public:
    static constexpr size_t kAlignment = 64;

    // Throws std::bad_alloc. A reused block keeps its old contents unless `zero`.
    static std::shared_ptr<MemoryBlock> allocate(size_t bytes, bool zero);

    ~MemoryBlock();
    MemoryBlock(const MemoryBlock&) = delete;
    MemoryBlock& operator=(const MemoryBlock&) = delete;

    void* data() const noexcept { return data_; }
    size_t size() const noexcept { return size_; }

private:
    MemoryBlock(void* data, size_t size, size_t capacity) : data_(data), size_(size), capacity_(capacity) {}

    void* data_;
    size_t size_;
    size_t capacity_;
};

struct MemoryStatistics {
    size_t live_bytes;
    size_t free_bytes;
    size_t live_blocks;
};

MemoryStatistics memory_statistics() noexcept;

}  // namespace enginery

#include "memory_pool.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace enginery {
namespace {

// Free blocks are kept up to this much: the first touch of a fresh 4.9 MB array costs more than the
// inference of a small model, so output memory must come back warm.
constexpr size_t kMaxFreeBytes = size_t{256} << 20;
constexpr size_t kSmallStep = 64;
constexpr size_t kPageStep = 4096;

size_t round_up(size_t bytes) {
    const size_t step = bytes < kPageStep * 4 ? kSmallStep : kPageStep;
    const size_t rounded = (bytes + step - 1) / step * step;
    if (rounded < bytes) throw std::bad_alloc();
    return rounded == 0 ? kSmallStep : rounded;
}

// A fresh block of a few megabytes costs a page fault per 4 KiB when it is first written, which took
// longer than copying it. Large pages need one per 2 MiB.
constexpr size_t kLargePage = size_t{2} << 20;

void* allocate_fresh(size_t capacity) {
    if (capacity < kLargePage) return std::aligned_alloc(MemoryBlock::kAlignment, capacity);
#if defined(__linux__)
    void* data = std::aligned_alloc(kLargePage, capacity);
    if (data != nullptr) ::madvise(data, capacity, MADV_HUGEPAGE);  // a wish: refused where the system has none
    return data;
#else
    return std::aligned_alloc(kPageStep, capacity);
#endif
}

class Pool {
public:
    void* take(size_t capacity, size_t& granted, bool& fresh) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            // An eighth more than asked for is accepted: better than a fresh block.
            auto found = free_.lower_bound(capacity);
            if (found != free_.end() && found->first <= capacity + capacity / 8) {
                void* data = found->second;
                granted = found->first;
                free_bytes_ -= granted;
                free_.erase(found);
                note_live(granted);
                fresh = false;
                return data;
            }
        }
        void* data = allocate_fresh(capacity);
        if (data == nullptr) throw std::bad_alloc();
        std::lock_guard<std::mutex> lock(mutex_);
        note_live(capacity);
        granted = capacity;
        fresh = true;
        return data;
    }

    void give_back(void* data, size_t capacity) noexcept {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            live_bytes_ -= capacity;
            --live_blocks_;
            if (free_bytes_ + capacity <= kMaxFreeBytes) {
                try {
                    // Before its equals: what was used last is taken next, while caches still hold it.
                    free_.emplace_hint(free_.lower_bound(capacity), capacity, data);
                    free_bytes_ += capacity;
                    return;
                } catch (const std::bad_alloc&) {
                    // falls through to free()
                }
            }
        }
        std::free(data);
    }

    MemoryStatistics statistics() noexcept {
        std::lock_guard<std::mutex> lock(mutex_);
        return {live_bytes_, free_bytes_, live_blocks_};
    }

private:
    void note_live(size_t capacity) {
        live_bytes_ += capacity;
        ++live_blocks_;
    }

    std::mutex mutex_;
    std::multimap<size_t, void*> free_;
    size_t free_bytes_ = 0;
    size_t live_bytes_ = 0;
    size_t live_blocks_ = 0;
};

// Never destroyed: blocks may be given back by engine threads while the process exits.
Pool& pool() {
    static Pool& instance = *new Pool();
    return instance;
}

}  // namespace

std::shared_ptr<MemoryBlock> MemoryBlock::allocate(size_t bytes, bool zero) {
    size_t capacity = 0;
    bool fresh = false;
    void* data = pool().take(round_up(bytes), capacity, fresh);
    std::shared_ptr<MemoryBlock> block;
    try {
        block.reset(new MemoryBlock(data, bytes, capacity));
    } catch (...) {
        pool().give_back(data, capacity);
        throw;
    }
    if (zero) std::memset(data, 0, bytes);
    return block;
}

MemoryBlock::~MemoryBlock() {
    pool().give_back(data_, capacity_);
}

MemoryStatistics memory_statistics() noexcept {
    return pool().statistics();
}

}  // namespace enginery

#include "memory_pool.h"

#include <cstdlib>
#include <cstring>
#include <iterator>
#include <list>
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
    // Not aligned_alloc, which wants multiples of the alignment.
    void* data = nullptr;
    if (::posix_memalign(&data, kLargePage, capacity) != 0) return nullptr;
    ::madvise(data, capacity, MADV_HUGEPAGE);  // a wish: refused where the system has none
    return data;
#else
    return std::aligned_alloc(kPageStep, capacity);
#endif
}

struct FreeBlock {
    void* data;
    size_t capacity;
};

using FreeBlocks = std::list<FreeBlock>;

class Pool {
public:
    void* take(size_t capacity, size_t& granted) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            // An eighth more than asked for is accepted: better than a fresh block.
            const auto found = by_size_.lower_bound(capacity);
            if (found != by_size_.end() && found->first <= capacity + capacity / 8) {
                void* data = found->second->data;
                granted = found->first;
                by_age_.erase(found->second);
                by_size_.erase(found);
                free_bytes_ -= granted;
                note_live(granted);
                return data;
            }
        }
        void* data = allocate_fresh(capacity);
        if (data == nullptr) throw std::bad_alloc();
        std::lock_guard<std::mutex> lock(mutex_);
        note_live(capacity);
        granted = capacity;
        return data;
    }

    void give_back(void* data, size_t capacity) noexcept {
        FreeBlocks surplus;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            live_bytes_ -= capacity;
            --live_blocks_;
            if (keep({data, capacity})) data = nullptr;
            while (free_bytes_ > kMaxFreeBytes) drop_oldest(surplus);
        }
        std::free(data);
        for (const FreeBlock& block : surplus) std::free(block.data);
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

    bool keep(FreeBlock block) noexcept {
        if (block.capacity > kMaxFreeBytes) return false;
        FreeBlocks::iterator kept = by_age_.end();
        try {
            kept = by_age_.insert(by_age_.end(), block);
            by_size_.emplace_hint(by_size_.lower_bound(block.capacity), block.capacity, kept);
        } catch (const std::bad_alloc&) {
            if (kept != by_age_.end()) by_age_.erase(kept);
            return false;
        }
        free_bytes_ += block.capacity;
        return true;
    }

    // Blocks that nobody asks for any more would fill the pool for ever otherwise.
    void drop_oldest(FreeBlocks& surplus) noexcept {
        const size_t capacity = by_age_.front().capacity;
        free_bytes_ -= capacity;
        by_size_.erase(std::prev(by_size_.upper_bound(capacity)));
        surplus.splice(surplus.end(), by_age_, by_age_.begin());
    }

    std::mutex mutex_;
    FreeBlocks by_age_;  // the one not used for longest first
    // Of one size: the one not used for longest last, so that the warmest is taken.
    std::multimap<size_t, FreeBlocks::iterator> by_size_;
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
    void* data = pool().take(round_up(bytes), capacity);
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

#include "memory_pool.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace enginery {
namespace {

// Free blocks are kept up to this much: the first touch of a fresh 4.9 MB array costs more than the
// inference of a small model, so output memory must come back warm.
constexpr size_t kMaxFreeBytes = size_t{256} << 20;
// A block that this many allocations passed by is surplus. Results that wait for a garbage collection come
// back in waves; without this, the pool would keep for ever what the largest of them needed.
constexpr size_t kSurplusAfter = 4096;
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

// AddressSanitizer watches what malloc gives out, and pages of the system's not at all.
#if defined(__SANITIZE_ADDRESS__)
#define ENGINERY_WATCHED_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ENGINERY_WATCHED_HEAP 1
#endif
#endif

#if defined(__linux__) && !defined(ENGINERY_WATCHED_HEAP)
// From this size on, pages come from the system and go back there: what the heap is given back, it keeps
// in pieces.
constexpr size_t kMapFrom = size_t{128} << 10;

size_t mapped_length(size_t capacity) {
    static const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    return (capacity + page - 1) / page * page;
}

void* allocate_fresh(size_t capacity) {
    if (capacity < kMapFrom) return std::aligned_alloc(MemoryBlock::kAlignment, capacity);
    const size_t length = mapped_length(capacity);
    const size_t extra = capacity < kLargePage ? 0 : kLargePage;
    if (length < capacity || length + extra < length) return nullptr;
    void* mapped = ::mmap(nullptr, length + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    if (extra == 0) return mapped;
    auto* start = static_cast<char*>(mapped);
    const size_t head = (kLargePage - reinterpret_cast<uintptr_t>(start) % kLargePage) % kLargePage;
    if (head != 0) ::munmap(start, head);
    ::munmap(start + head + length, extra - head);
    ::madvise(start + head, length, MADV_HUGEPAGE);  // a wish: refused where the system has none
    return start + head;
}

void free_pages(void* data, size_t capacity) noexcept {
    if (capacity < kMapFrom) {
        std::free(data);
    } else {
        ::munmap(data, mapped_length(capacity));
    }
}
#else
void* allocate_fresh(size_t capacity) {
    return std::aligned_alloc(capacity < kLargePage ? MemoryBlock::kAlignment : kPageStep, capacity);
}

void free_pages(void* data, size_t) noexcept {
    std::free(data);
}
#endif

struct FreeBlock {
    void* data;
    size_t capacity;
    size_t returned_at;  // counted in allocations
};

using FreeBlocks = std::list<FreeBlock>;

class Pool {
public:
    void* take(size_t capacity, size_t& granted) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            ++allocations_;
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
            if (keep({data, capacity, allocations_})) data = nullptr;
            while (free_bytes_ > kMaxFreeBytes) drop_oldest(surplus);
            // One at a time: freeing takes as long as it does.
            if (!by_age_.empty() && allocations_ - by_age_.front().returned_at > kSurplusAfter) drop_oldest(surplus);
        }
        if (data != nullptr) free_pages(data, capacity);
        for (const FreeBlock& block : surplus) free_pages(block.data, block.capacity);
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
    size_t allocations_ = 0;
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

#include "../shared/memory_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <thread>
#include <vector>

// Sanitizers end the process where the system's allocator answers null, unless they are told not to.
extern "C" const char* __asan_default_options() {
    return "allocator_may_return_null=1";
}
extern "C" const char* __tsan_default_options() {
    return "allocator_may_return_null=1";
}

namespace enginery {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

std::shared_ptr<MemoryBlock> allocate(size_t bytes) {
    return MemoryBlock::allocate(bytes, false);
}

// Puts `bytes` of blocks of one size into the pool.
void fill_pool(size_t bytes, size_t block_bytes) {
    std::vector<std::shared_ptr<MemoryBlock>> blocks;
    for (size_t total = 0; total < bytes; total += block_bytes) blocks.push_back(allocate(block_bytes));
}

TEST(MemoryPool, BlocksAreAlignedAndKnowTheirSize) {
    for (const size_t bytes : {size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{4096}, size_t{100'001}, 3 * kMegabyte + 1}) {
        const auto block = allocate(bytes);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block->data()) % MemoryBlock::kAlignment, 0u) << bytes;
        EXPECT_EQ(block->size(), bytes);
        std::memset(block->data(), 0xFF, bytes);
    }
}

TEST(MemoryPool, AnEmptyBlockHasAnAddress) {
    const auto block = MemoryBlock::allocate(0, true);
    EXPECT_EQ(block->size(), 0u);
    EXPECT_NE(block->data(), nullptr);
}

TEST(MemoryPool, AReturnedBlockIsGivenOutAgain) {
    const void* first = allocate(777'777)->data();
    EXPECT_EQ(allocate(777'777)->data(), first);
}

TEST(MemoryPool, ABlockGoesBackWhenItsLastHolderLetsGo) {
    auto block = allocate(888'888);
    const void* data = block->data();
    auto second = block;
    block.reset();
    const auto other = allocate(888'888);
    EXPECT_NE(other->data(), data);
    second.reset();
    EXPECT_EQ(allocate(888'888)->data(), data);
}

TEST(MemoryPool, AnEighthMoreThanNeededIsReusedAndNotMore) {
    const void* first = allocate(10 * kMegabyte)->data();
    EXPECT_EQ(allocate(9 * kMegabyte)->data(), first);
    EXPECT_NE(allocate(5 * kMegabyte)->data(), first);
}

TEST(MemoryPool, TheLastReturnedOfEqualBlocksIsReusedFirst) {
    auto first = allocate(654'321);
    auto second = allocate(654'321);
    const void* warm = second->data();
    first.reset();
    second.reset();
    EXPECT_EQ(allocate(654'321)->data(), warm);
}

TEST(MemoryPool, ReusedBlocksAreZeroedWhenAskedFor) {
    constexpr size_t bytes = 123'456;
    const void* first = nullptr;
    {
        const auto block = allocate(bytes);
        first = block->data();
        std::memset(block->data(), 0xAB, bytes);
    }
    const auto block = MemoryBlock::allocate(bytes, true);
    ASSERT_EQ(block->data(), first);
    const std::vector<char> zeros(bytes, 0);
    EXPECT_EQ(std::memcmp(block->data(), zeros.data(), bytes), 0);
}

TEST(MemoryPool, CountsWhatIsOutAndWhatIsFree) {
    const MemoryStatistics before = memory_statistics();
    {
        const auto block = allocate(7 * kMegabyte);
        EXPECT_EQ(memory_statistics().live_blocks, before.live_blocks + 1);
        EXPECT_GE(memory_statistics().live_bytes, before.live_bytes + 7 * kMegabyte);
    }
    EXPECT_EQ(memory_statistics().live_blocks, before.live_blocks);
    EXPECT_EQ(memory_statistics().live_bytes, before.live_bytes);
    EXPECT_GE(memory_statistics().free_bytes, 7 * kMegabyte);
}

TEST(MemoryPool, ImpossibleSizesAreRefusedAndCountNothing) {
    const MemoryStatistics before = memory_statistics();
    constexpr size_t most = std::numeric_limits<size_t>::max();
    for (const size_t bytes : {most, most - 100, most / 2}) EXPECT_THROW(allocate(bytes), std::bad_alloc) << bytes;
    EXPECT_EQ(memory_statistics().live_bytes, before.live_bytes);
    EXPECT_EQ(memory_statistics().live_blocks, before.live_blocks);
}

TEST(MemoryPool, KeepsNoMoreThanItsLimit) {
    fill_pool(300 * kMegabyte, 10 * kMegabyte);
    EXPECT_LE(memory_statistics().free_bytes, 256 * kMegabyte);
    allocate(300 * kMegabyte);  // more than all of the pool: never kept
    EXPECT_LE(memory_statistics().free_bytes, 256 * kMegabyte);
    EXPECT_GE(memory_statistics().free_bytes, 200 * kMegabyte);
}

// A process that moves on to another model must not get fresh, cold memory for ever because the pool
// is full of blocks that nobody wants any more.
TEST(MemoryPool, BlocksNotUsedForLongestMakeRoom) {
    fill_pool(300 * kMegabyte, kMegabyte);
    allocate(5 * kMegabyte);
    const size_t free_bytes = memory_statistics().free_bytes;
    EXPECT_LE(free_bytes, 256 * kMegabyte);
    const auto again = allocate(5 * kMegabyte);
    EXPECT_EQ(memory_statistics().free_bytes, free_bytes - 5 * kMegabyte);
}

TEST(MemoryPool, BlocksThatThousandsOfAllocationsPassedByGoBackToTheSystem) {
    fill_pool(64 * kMegabyte, 4 * kMegabyte);
    for (int i = 0; i < 4000; ++i) allocate(kMegabyte / 2);
    EXPECT_GE(memory_statistics().free_bytes, 64 * kMegabyte) << "they may be wanted again";
    for (int i = 0; i < 2000; ++i) allocate(kMegabyte / 2);
    EXPECT_LE(memory_statistics().free_bytes, kMegabyte);
    EXPECT_GE(memory_statistics().free_bytes, kMegabyte / 2) << "what is in use stays";
}

TEST(MemoryPool, ServesManyThreads) {
    const MemoryStatistics before = memory_statistics();
    std::vector<std::thread> threads;
    std::vector<std::shared_ptr<MemoryBlock>> handed_over(8);
    std::vector<int> overlaps(8, 0);
    for (size_t id = 0; id < 8; ++id) {
        threads.emplace_back([id, &handed_over, &overlaps] {
            for (size_t i = 0; i < 300; ++i) {
                const size_t bytes = 64 * (1 + (i * 7 + id) % 5) + (i % 3) * 100'000;
                const auto block = MemoryBlock::allocate(bytes, i % 2 == 0);
                std::memset(block->data(), static_cast<int>(id + 1), bytes);
                std::this_thread::yield();
                const auto* data = static_cast<const unsigned char*>(block->data());
                for (size_t at = 0; at < bytes; at += 61) overlaps[id] += data[at] != id + 1;
                handed_over[id] = block;  // dies on another thread in the end
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const int overlap : overlaps) EXPECT_EQ(overlap, 0);
    handed_over.clear();
    EXPECT_EQ(memory_statistics().live_bytes, before.live_bytes);
    EXPECT_EQ(memory_statistics().live_blocks, before.live_blocks);
}

}  // namespace
}  // namespace enginery

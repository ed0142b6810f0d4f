#include "../tensorrt/staging/batch_source.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "../shared/round_trip_core.h"
#include "../tensorrt/shared_library.h"
#include "stand_in_driver/stand_in_driver.h"

namespace enginery::tensorrt {
namespace {

using Outcome = BatchFeed::Outcome;

// NVIDIA's driver is none of these tests': a stand-in is opened in its place.
struct StandIn {
    static StandIn& get() {
        static StandIn stand_in;
        return stand_in;
    }

    StandIn() : library(SharedLibrary::open(ENGINERY_STAND_IN_DRIVER)) {
        std::string reason;
        driver = Driver::open(ENGINERY_STAND_IN_DRIVER, reason);
        if (driver == nullptr) throw std::runtime_error(reason);
        fail = reinterpret_cast<StandInFail>(library.find("stand_in_fail"));
        download = reinterpret_cast<StandInDownload>(library.find("stand_in_download"));
    }

    StandInCounts count() const {
        StandInCounts counts;
        reinterpret_cast<StandInCount>(library.find("stand_in_count"))(&counts);
        return counts;
    }

    SharedLibrary library;
    const Driver* driver = nullptr;
    StandInFail fail;
    StandInDownload download;
};

// Fills slots on a thread of its own, as JavaScript would on its.
class ThreadFeed final : public BatchFeed {
public:
    // Fills the open slot, and says whether there was a batch. May throw.
    using Fill = std::function<bool(BatchSlots& slots, size_t batch)>;

    ThreadFeed(std::shared_ptr<BatchSlots> slots, Fill fill)
        : slots_(std::move(slots)), fill_(std::move(fill)), thread_([this] { run(); }) {}

    ~ThreadFeed() override {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            is_over_ = true;
        }
        asked_.notify_one();
        thread_.join();
    }

    void request() noexcept override {
        const std::lock_guard<std::mutex> lock(mutex_);
        question_ = core.begin();
        is_asked_ = true;
        asked_.notify_one();
    }
    Outcome wait() noexcept override {
        if (!core.wait(question_)) return Outcome::failed;
        return has_batch_ ? Outcome::batch : Outcome::end;
    }
    void fail(NativeError failure) noexcept override { core.fail(std::move(failure)); }
    std::optional<NativeError> failure() const override { return core.failure(); }

    RoundTripCore core;

private:
    void run() {
        for (size_t batch = 0;; batch++) {
            RoundTripCore::Ticket question = 0;
            {
                std::unique_lock<std::mutex> lock(mutex_);
                asked_.wait(lock, [this] { return is_asked_ || is_over_; });
                if (is_over_) return;
                is_asked_ = false;
                question = question_;
            }
            try {
                has_batch_ = fill_(*slots_, batch);
                core.answer(question);
            } catch (...) {
                core.fail(current_exception_as_native("FEED"));
            }
        }
    }

    std::shared_ptr<BatchSlots> slots_;
    Fill fill_;
    bool has_batch_ = false;
    std::mutex mutex_;
    std::condition_variable asked_;
    RoundTripCore::Ticket question_ = 0;
    bool is_asked_ = false;
    bool is_over_ = false;
    std::thread thread_;
};

constexpr size_t kPixels = 30'000;
constexpr size_t kSizes = 4;

std::vector<BatchInput> two_inputs() {
    return {{"images", kPixels * sizeof(float), sizeof(float), FloatKind::f32},
            {"sizes", kSizes * sizeof(int32_t), sizeof(int32_t), FloatKind::none}};
}

// A batch whose elements all tell which it is, in pieces.
void append_batch(BatchSlots& slots, size_t batch) {
    const std::vector<float> pixels(kPixels / 3, static_cast<float>(batch));
    for (int i = 0; i < 3; i++) EXPECT_EQ(slots.append(0, pixels.data(), pixels.size() * sizeof(float)), kAllFinite);
    const std::vector<int32_t> sizes(kSizes, -static_cast<int32_t>(batch));
    slots.append(1, sizes.data(), kSizes * sizeof(int32_t));
    slots.complete();
}

ThreadFeed::Fill count_to(size_t batches) {
    return [batches](BatchSlots& slots, size_t batch) {
        if (batch >= batches) return false;
        append_batch(slots, batch);
        return true;
    };
}

struct Calibration {
    explicit Calibration(ThreadFeed::Fill fill, std::string cache = "")
        : slots(std::make_shared<BatchSlots>(two_inputs())),
          feed(std::make_shared<ThreadFeed>(slots, std::move(fill))),
          source(
              2, slots, feed, [] { return std::make_shared<const DeviceMemory>(*StandIn::get().driver, 0); }, std::move(cache)) {}

    // As TensorRT asks, inputs in the other order.
    bool next() { return source.next(bindings, names, 2); }

    // The first and last elements of both inputs on the "device", as one number each; -1 where they differ.
    std::pair<int, int> downloaded() {
        std::vector<float> pixels(kPixels);
        std::vector<int32_t> sizes(kSizes);
        EXPECT_EQ(StandIn::get().download(pixels.data(), reinterpret_cast<size_t>(bindings[1]), kPixels * sizeof(float)), 0);
        EXPECT_EQ(StandIn::get().download(sizes.data(), reinterpret_cast<size_t>(bindings[0]), kSizes * sizeof(int32_t)), 0);
        for (const float pixel : pixels) {
            if (pixel != pixels[0]) return {-1, 0};
        }
        return {static_cast<int>(pixels[0]), sizes[kSizes - 1]};
    }

    void* bindings[2] = {};
    const char* names[2] = {"sizes", "images"};
    std::shared_ptr<BatchSlots> slots;
    std::shared_ptr<ThreadFeed> feed;
    BatchSource source;
};

void expect_nothing_is_left() {
    const StandInCounts counts = StandIn::get().count();
    EXPECT_EQ(counts.device_blocks, 0u);
    EXPECT_EQ(counts.pinned_blocks, 0u);
    EXPECT_EQ(counts.contexts, 0u);
    EXPECT_EQ(counts.unpinned_uploads, 0u);
}

class BatchSourceTest : public testing::Test {
protected:
    void TearDown() override {
        StandIn::get().fail("", 0, 0);
        expect_nothing_is_left();
    }
};

TEST_F(BatchSourceTest, HandsOutEveryBatchInOrder) {
    Calibration calibration(count_to(25));
    EXPECT_EQ(calibration.source.batch_size(), 2);
    for (int batch = 0; batch < 25; batch++) {
        ASSERT_TRUE(calibration.next());
        EXPECT_EQ(calibration.downloaded(), (std::pair{batch, -batch}));
    }
    EXPECT_FALSE(calibration.next());
    EXPECT_FALSE(calibration.next());
    EXPECT_FALSE(calibration.source.failure());
    EXPECT_EQ(calibration.source.batches(), 25u);
    expect_nothing_is_left();
}

TEST_F(BatchSourceTest, StagesTheNextBatchWhileTheBuilderWorks) {
    std::mutex mutex;
    std::condition_variable changed;
    size_t filled = 0;
    const auto count = count_to(3);
    Calibration calibration([&](BatchSlots& slots, size_t batch) {
        const bool has_batch = count(slots, batch);
        const std::lock_guard<std::mutex> lock(mutex);
        filled = batch + 1;
        changed.notify_all();
        return has_batch;
    });
    for (size_t batch = 0; batch < 3; batch++) {
        ASSERT_TRUE(calibration.next());
        // The builder works on this one: the next arrives without being waited for, and disturbs nothing.
        std::unique_lock<std::mutex> lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return filled >= batch + 2; }));
        EXPECT_EQ(calibration.downloaded().first, static_cast<int>(batch));
    }
}

TEST_F(BatchSourceTest, NoBatchesAtAll) {
    Calibration calibration(count_to(0));
    EXPECT_FALSE(calibration.next());
    EXPECT_FALSE(calibration.source.failure());
}

TEST_F(BatchSourceTest, NeedsNoDeviceWhereTheCacheIsUsed) {
    auto slots = std::make_shared<BatchSlots>(two_inputs());
    auto feed = std::make_shared<ThreadFeed>(slots, count_to(1));
    BatchSource source(
        1, slots, feed, []() -> std::shared_ptr<const DeviceMemory> { throw NativeError("TRT_CUDA", "no driver"); }, "TRT-1\n");
    size_t length = 0;
    const void* cache = source.read_cache(length);
    EXPECT_EQ(std::string(static_cast<const char*>(cache), length), "TRT-1\n");
    EXPECT_FALSE(source.failure());
    // And where it is not used after all, the reason is told.
    void* binding = nullptr;
    const char* name = "images";
    EXPECT_FALSE(source.next(&binding, &name, 1));
    EXPECT_EQ(source.failure()->code(), "TRT_CUDA");
}

TEST_F(BatchSourceTest, KeepsTheCacheThatIsWritten) {
    Calibration calibration(count_to(1));
    size_t length = 9;
    EXPECT_EQ(calibration.source.read_cache(length), nullptr);
    EXPECT_EQ(length, 0u);
    while (calibration.next()) {
    }
    calibration.source.write_cache("TRT-2\nx: 3c010a14\n", 18);
    EXPECT_EQ(calibration.source.written_cache(), "TRT-2\nx: 3c010a14\n");
}

TEST_F(BatchSourceTest, AFailureOfTheFeedEndsTheBatchesAndVoidsTheCache) {
    Calibration calibration([count = count_to(9)](BatchSlots& slots, size_t batch) {
        if (batch == 2) throw NativeError("CAUSE", "the provider failed");
        return count(slots, batch);
    });
    EXPECT_TRUE(calibration.next());
    // Read ahead, the failure may come early: what counts is that it is kept and that nothing follows.
    while (calibration.next()) {
    }
    EXPECT_EQ(calibration.source.failure()->code(), "CAUSE");
    calibration.source.write_cache("half", 4);
    EXPECT_EQ(calibration.source.written_cache(), "");
    EXPECT_FALSE(calibration.next());
}

TEST_F(BatchSourceTest, AnAbortWakesTheBuilderThatWaits) {
    std::mutex mutex;
    std::condition_variable never;
    bool is_over = false;
    Calibration calibration([&](BatchSlots&, size_t) {
        std::unique_lock<std::mutex> lock(mutex);
        never.wait(lock, [&] { return is_over; });
        return false;
    });
    std::thread aborting([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        calibration.feed->fail({"ABORTED", "the signal"});
    });
    EXPECT_FALSE(calibration.next());
    EXPECT_EQ(calibration.source.failure()->code(), "ABORTED");
    aborting.join();
    const std::lock_guard<std::mutex> lock(mutex);
    is_over = true;
    never.notify_all();
}

TEST_F(BatchSourceTest, RefusesAnInputThatBatchesLack) {
    Calibration calibration(count_to(3));
    calibration.names[0] = "mask";
    EXPECT_FALSE(calibration.next());
    EXPECT_STREQ(calibration.source.failure()->what(), "TensorRT asks for the input mask, and batches have images, sizes");
}

TEST_F(BatchSourceTest, RefusesWhatDoesNotFit) {
    const std::vector<float> pixels(kPixels + 1, 1);
    const auto fails = [](ThreadFeed::Fill fill) {
        Calibration calibration(std::move(fill));
        EXPECT_FALSE(calibration.next());
        const auto failure = calibration.source.failure();
        return failure ? failure->code() + ": " + failure->what() : std::string("nothing");
    };
    const std::string whole = "NATIVE_TENSOR: input images: expected whole elements of 4 bytes, at most ";
    EXPECT_EQ(fails([&](BatchSlots& slots, size_t) { return slots.append(0, pixels.data(), pixels.size() * 4) == kAllFinite; }),
              whole + "120000 bytes, received 120004");
    EXPECT_EQ(fails([&](BatchSlots& slots, size_t) { return slots.append(0, pixels.data(), 6) == kAllFinite; }),
              whole + "120000 bytes, received 6");
    EXPECT_EQ(fails([&](BatchSlots& slots, size_t) { return slots.append(2, pixels.data(), 4) == kAllFinite; }),
              "NATIVE_ARGUMENT: there is no input 2");
    EXPECT_EQ(fails([&](BatchSlots& slots, size_t) {
                  slots.append(0, pixels.data(), kPixels * 4);
                  slots.complete();
                  return true;
              }),
              "NATIVE_TENSOR: input sizes: expected a batch of 16 bytes, received 0");
}

TEST_F(BatchSourceTest, TellsWhatTheDriverRefuses) {
    const auto failure_of = [](const char* function, int good_calls, int result) {
        StandIn::get().fail(function, good_calls, result);
        Calibration calibration(count_to(5));
        while (calibration.next()) {
        }
        const auto failure = calibration.source.failure();
        return failure ? failure->code() : std::string("nothing");
    };
    constexpr int kOutOfMemory = 2;
    constexpr int kIllegalAddress = 700;
    EXPECT_EQ(failure_of("cuMemAlloc", 1, kOutOfMemory), "NATIVE_MEMORY");
    EXPECT_EQ(failure_of("cuMemHostAlloc", 2, kOutOfMemory), "NATIVE_MEMORY");
    EXPECT_EQ(failure_of("cuMemcpyHtoD", 3, kIllegalAddress), "TRT_CUDA");
    EXPECT_EQ(failure_of("cuDevicePrimaryCtxRetain", 0, 46), "TRT_CUDA");
    EXPECT_EQ(failure_of("cuDevicePrimaryCtxRetain", 4, 46), "TRT_CUDA");
}

// The builder stops in the middle, while the other side is still writing.
TEST_F(BatchSourceTest, MemoryGoesWhenTheBuilderHasEnough) {
    for (int round = 0; round < 20; round++) {
        Calibration calibration([](BatchSlots& slots, size_t batch) {
            append_batch(slots, batch);
            return true;
        });
        for (int i = 0; i < round % 4; i++) ASSERT_TRUE(calibration.next());
        calibration.source.release();
        expect_nothing_is_left();
        EXPECT_FALSE(calibration.next());
    }
}

TEST_F(BatchSourceTest, ManyAtOnce) {
    std::vector<std::thread> builds;
    for (int build = 0; build < 8; build++) {
        builds.emplace_back([build] {
            Calibration calibration(count_to(10));
            int batch = 0;
            while (calibration.next()) {
                EXPECT_EQ(calibration.downloaded(), (std::pair{batch, -batch})) << "build " << build;
                batch++;
            }
            EXPECT_EQ(batch, 10);
        });
    }
    for (auto& build : builds) build.join();
}

}  // namespace
}  // namespace enginery::tensorrt

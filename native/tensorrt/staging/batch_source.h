#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "batch_feed.h"
#include "batch_slots.h"
#include "device_memory.h"

namespace enginery::tensorrt {

// What every calibrator answers TensorRT: batches in device memory, and the bytes of the cache. The next batch is asked for
// as soon as one has come, and staged while the builder works on that.
//
// Engine thread, except failure(). Never throws: TensorRT's code is between us and our caller. A failure looks to TensorRT
// like the end of the batches, and it would go on with those it had: whoever builds asks failure() before trusting
// anything that came of it, and better as soon as TensorRT reports progress, to stop the build.
class BatchSource {
public:
    // Called when the first batch is asked for; with a cache none is, and no device is needed.
    using OpenMemory = std::function<std::shared_ptr<const DeviceMemory>()>;

    // `cache`: what read_cache() gives; empty where there is none.
    BatchSource(int32_t batch_size, std::shared_ptr<BatchSlots> slots, std::shared_ptr<BatchFeed> feed, OpenMemory open_memory,
                std::string cache);
    ~BatchSource();
    BatchSource(const BatchSource&) = delete;
    BatchSource& operator=(const BatchSource&) = delete;

    int32_t batch_size() const noexcept { return batch_size_; }

    // As IInt8Calibrator::getBatch: `bindings[i]` becomes the device memory of the input `names[i]`, until the next call.
    bool next(void* bindings[], const char* const names[], int32_t count) noexcept;

    const void* read_cache(size_t& length) noexcept;
    // Dropped after a failure: it would tell of a part of the batches.
    void write_cache(const void* data, size_t length) noexcept;

    // Gives all memory back: a builder goes on to need it. Nothing is handed out afterwards.
    void release() noexcept;

    // What TensorRT wrote; empty where it did not.
    const std::string& written_cache() const noexcept { return written_cache_; }
    std::optional<NativeError> failure() const { return feed_->failure(); }
    // Batches that were handed out.
    size_t batches() const noexcept { return batches_; }
    bool read_cache_was_asked() const noexcept { return was_asked_for_cache_; }

private:
    void prepare();
    size_t find_input(const char* name) const;

    int32_t batch_size_;
    std::shared_ptr<BatchSlots> slots_;
    std::shared_ptr<BatchFeed> feed_;
    OpenMemory open_memory_;
    std::string cache_;
    std::string written_cache_;
    std::vector<DeviceBuffer> device_;
    size_t slot_ = 0;
    size_t batches_ = 0;
    bool is_prepared_ = false;
    bool has_ended_ = false;
    bool was_asked_for_cache_ = false;
};

}  // namespace enginery::tensorrt

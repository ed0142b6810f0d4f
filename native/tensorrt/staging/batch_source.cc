#include "batch_source.h"

#include <utility>

namespace enginery::tensorrt {
namespace {

std::string list_names(const std::vector<BatchInput>& inputs) {
    std::string names;
    for (const BatchInput& input : inputs) names += (names.empty() ? "" : ", ") + input.name;
    return names;
}

}  // namespace

BatchSource::BatchSource(int32_t batch_size, std::shared_ptr<BatchSlots> slots, std::shared_ptr<BatchFeed> feed,
                         OpenMemory open_memory, std::string cache)
    : batch_size_(batch_size),
      slots_(std::move(slots)),
      feed_(std::move(feed)),
      open_memory_(std::move(open_memory)),
      cache_(std::move(cache)) {}

BatchSource::~BatchSource() {
    release();
}

bool BatchSource::next(void* bindings[], const char* const names[], int32_t count) noexcept {
    if (has_ended_) return false;
    try {
        if (!is_prepared_) prepare();
        // Before anything is bound: a network with an input that the batches lack is refused as a whole.
        std::vector<size_t> bound;
        for (int32_t i = 0; i < count; i++) bound.push_back(find_input(names[i]));
        if (feed_->wait() == BatchFeed::Outcome::batch) {
            const size_t ready = slot_;
            slot_ = 1 - slot_;
            slots_->open(slot_);
            feed_->request();
            for (size_t i = 0; i < device_.size(); i++) device_[i].upload(slots_->data(ready, i), slots_->inputs()[i].bytes);
            for (size_t i = 0; i < bound.size(); i++) bindings[i] = device_[bound[i]].address();
            batches_++;
            return true;
        }
    } catch (...) {
        feed_->fail(current_exception_as_native("TRT_CALIBRATION"));
    }
    release();
    return false;
}

void BatchSource::prepare() {
    const auto memory = open_memory_();
    slots_->allocate(memory);
    device_.reserve(slots_->inputs().size());
    for (const BatchInput& input : slots_->inputs()) device_.emplace_back(memory, input.bytes);
    slots_->open(slot_);
    is_prepared_ = true;
    feed_->request();
}

size_t BatchSource::find_input(const char* name) const {
    const auto& inputs = slots_->inputs();
    for (size_t i = 0; i < inputs.size(); i++) {
        if (inputs[i].name == name) return i;
    }
    throw NativeError("TRT_CALIBRATION",
                      std::string("TensorRT asks for the input ") + name + ", and batches have " + list_names(inputs));
}

const void* BatchSource::read_cache(size_t& length) noexcept {
    was_asked_for_cache_ = true;
    length = cache_.size();
    return cache_.empty() ? nullptr : cache_.data();
}

void BatchSource::write_cache(const void* data, size_t length) noexcept {
    try {
        if (feed_->failure()) return;
        written_cache_.assign(static_cast<const char*>(data), length);
    } catch (...) {
        feed_->fail(current_exception_as_native("TRT_CALIBRATION"));
    }
}

void BatchSource::release() noexcept {
    has_ended_ = true;
    slots_->close();
    device_.clear();
}

}  // namespace enginery::tensorrt

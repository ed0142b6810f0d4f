#include "device_memory.h"

#include <utility>

#include "../../shared/native_error.h"

namespace enginery::tensorrt {
namespace {

// Values of CUresult and of the flags of cuMemHostAlloc.
constexpr int kSuccess = 0;
constexpr int kOutOfMemory = 2;
constexpr unsigned kPortable = 1;  // pinned for every context

}  // namespace

// CurrentContext gives back what it retains: the context, and all memory in it, would end with the first of our calls
// where nobody else keeps it.
DeviceMemory::DeviceMemory(const Driver& driver, int ordinal) : driver_(driver), ordinal_(ordinal) {
    CudaContext context = nullptr;
    const std::string device = "device " + std::to_string(ordinal);
    check(driver_.cuDeviceGet(&device_, ordinal), device + " could not be opened");
    check(driver_.cuDevicePrimaryCtxRetain(&context, device_), device + " could not be made ready");
}

DeviceMemory::~DeviceMemory() {
    driver_.cuDevicePrimaryCtxRelease(device_);
}

void DeviceMemory::check(int result, const std::string& what) const {
    if (result == kSuccess) return;
    throw NativeError(result == kOutOfMemory ? "NATIVE_MEMORY" : "TRT_CUDA", what + ": " + driver_.explain(result));
}

DeviceBuffer::DeviceBuffer(std::shared_ptr<const DeviceMemory> memory, size_t bytes) : memory_(std::move(memory)) {
    const CurrentContext current(memory_->driver_, memory_->ordinal_);
    memory_->check(memory_->driver_.cuMemAlloc(&address_, bytes),
                   std::to_string(bytes) + " bytes could not be had on the device");
}

DeviceBuffer::~DeviceBuffer() {
    if (address_ == 0) return;
    try {
        const CurrentContext current(memory_->driver_, memory_->ordinal_);
        memory_->driver_.cuMemFree(address_);
    } catch (const NativeError&) {
        // The context is lost, and the memory with it.
    }
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : memory_(std::move(other.memory_)), address_(std::exchange(other.address_, 0)) {}

void DeviceBuffer::upload(const void* from, size_t bytes) {
    const CurrentContext current(memory_->driver_, memory_->ordinal_);
    memory_->check(memory_->driver_.cuMemcpyHtoD(address_, from, bytes), "a batch could not be copied to the device");
}

PinnedBuffer::PinnedBuffer(std::shared_ptr<const DeviceMemory> memory, size_t bytes) : memory_(std::move(memory)) {
    const CurrentContext current(memory_->driver_, memory_->ordinal_);
    memory_->check(memory_->driver_.cuMemHostAlloc(&data_, bytes, kPortable),
                   std::to_string(bytes) + " bytes of pinned memory could not be had");
}

PinnedBuffer::~PinnedBuffer() {
    if (data_ == nullptr) return;
    try {
        const CurrentContext current(memory_->driver_, memory_->ordinal_);
        memory_->driver_.cuMemFreeHost(data_);
    } catch (const NativeError&) {
        // As above.
    }
}

PinnedBuffer::PinnedBuffer(PinnedBuffer&& other) noexcept
    : memory_(std::move(other.memory_)), data_(std::exchange(other.data_, nullptr)) {}

}  // namespace enginery::tensorrt

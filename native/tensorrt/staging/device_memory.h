#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "../driver.h"

namespace enginery::tensorrt {

// Memory of one device, and host memory that it reads at full speed. Keeps the device's primary context, which TensorRT
// uses too, and makes it the thread's for as long as a call runs: any thread may call.
//
// Failures are NativeError: NATIVE_MEMORY where memory ran out, TRT_CUDA else, with the driver's own words.
class DeviceMemory {
public:
    DeviceMemory(const Driver& driver, int ordinal);
    ~DeviceMemory();
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

private:
    friend class DeviceBuffer;
    friend class PinnedBuffer;

    void check(int result, const std::string& what) const;

    const Driver& driver_;
    int ordinal_;
    CudaDevice device_ = 0;
};

// Memory on the device, freed with its owner.
class DeviceBuffer {
public:
    DeviceBuffer(std::shared_ptr<const DeviceMemory> memory, size_t bytes);
    ~DeviceBuffer();
    DeviceBuffer(DeviceBuffer&& other) noexcept;
    DeviceBuffer& operator=(DeviceBuffer&&) = delete;

    // As TensorRT takes it: no address of this process.
    void* address() const noexcept { return reinterpret_cast<void*>(address_); }
    // Has happened when it returns. In the order of the default stream, as TensorRT's documentation has calibrators do it.
    void upload(const void* from, size_t bytes);

private:
    std::shared_ptr<const DeviceMemory> memory_;
    CudaPointer address_ = 0;
};

// Host memory that stays where it is, freed with its owner. Any thread may read and write it.
class PinnedBuffer {
public:
    PinnedBuffer(std::shared_ptr<const DeviceMemory> memory, size_t bytes);
    ~PinnedBuffer();
    PinnedBuffer(PinnedBuffer&& other) noexcept;
    PinnedBuffer& operator=(PinnedBuffer&&) = delete;

    char* data() const noexcept { return static_cast<char*>(data_); }

private:
    std::shared_ptr<const DeviceMemory> memory_;
    void* data_ = nullptr;
};

}  // namespace enginery::tensorrt

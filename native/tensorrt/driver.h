#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace enginery::tensorrt {

// The public functions of NVIDIA's driver library that we call, declared here: neither CUDA's headers nor its runtime is
// needed. Signatures as the driver API documents them; every function answers a CUresult, 0 being success.
// https://docs.nvidia.com/cuda/cuda-driver-api/
using CudaDevice = int;
using CudaContext = struct CUctx_st*;
using CudaStream = struct CUstream_st*;
using CudaEvent = struct CUevent_st*;
using CudaPointer = uint64_t;

struct CudaDeviceFacts {
    std::string name;
    int major = 0;  // of the compute capability
    int minor = 0;
    size_t memory = 0;  // bytes
    int multiprocessors = 0;
};

// libcuda, opened once in a process and never closed.
class Driver {
public:
    // Opens the library, initializes it and asks for devices, once: the first path decides. Null where there is no driver
    // or no device; `reason` then says why. Never throws, never crashes. Any thread.
    static const Driver* open(const std::string& path, std::string& reason) noexcept;
    // What `open` found before; null where it was not called or there is none.
    static const Driver* opened() noexcept;

    int device_count() const noexcept { return device_count_; }
    // As cuDriverGetVersion has it: 13000 is 13.0.
    int version() const noexcept { return version_; }
    CudaDeviceFacts describe(int ordinal) const;

    // Throws NativeError `TRT_CUDA` unless `result` is success. `what` names the call.
    void check(int result, const char* what) const;
    // For example "CUDA_ERROR_OUT_OF_MEMORY: out of memory".
    std::string explain(int result) const;

    int (*cuDeviceGet)(CudaDevice*, int ordinal) = nullptr;
    int (*cuDevicePrimaryCtxRetain)(CudaContext*, CudaDevice) = nullptr;
    int (*cuDevicePrimaryCtxRelease)(CudaDevice) = nullptr;
    int (*cuCtxSetCurrent)(CudaContext) = nullptr;
    int (*cuCtxGetCurrent)(CudaContext*) = nullptr;
    int (*cuMemAlloc)(CudaPointer*, size_t bytes) = nullptr;
    int (*cuMemFree)(CudaPointer) = nullptr;
    int (*cuMemGetInfo)(size_t* free, size_t* total) = nullptr;
    // Page-locked memory of the host.
    int (*cuMemHostAlloc)(void**, size_t bytes, unsigned flags) = nullptr;
    int (*cuMemFreeHost)(void*) = nullptr;
    int (*cuMemcpyHtoD)(CudaPointer to, const void* from, size_t bytes) = nullptr;
    int (*cuMemcpyHtoDAsync)(CudaPointer to, const void* from, size_t bytes, CudaStream) = nullptr;
    int (*cuMemcpyDtoH)(void* to, CudaPointer from, size_t bytes) = nullptr;
    int (*cuStreamCreate)(CudaStream*, unsigned flags) = nullptr;
    int (*cuStreamSynchronize)(CudaStream) = nullptr;
    int (*cuStreamDestroy)(CudaStream) = nullptr;
    int (*cuEventCreate)(CudaEvent*, unsigned flags) = nullptr;
    int (*cuEventRecord)(CudaEvent, CudaStream) = nullptr;
    int (*cuEventSynchronize)(CudaEvent) = nullptr;
    int (*cuEventDestroy)(CudaEvent) = nullptr;

private:
    explicit Driver(const std::string& path);

    int (*cuInit)(unsigned flags) = nullptr;
    int (*cuDriverGetVersion)(int*) = nullptr;
    int (*cuDeviceGetCount)(int*) = nullptr;
    int (*cuDeviceGetName)(char*, int length, CudaDevice) = nullptr;
    int (*cuDeviceGetAttribute)(int*, int attribute, CudaDevice) = nullptr;
    int (*cuDeviceTotalMem)(size_t*, CudaDevice) = nullptr;
    int (*cuGetErrorName)(int, const char**) = nullptr;
    int (*cuGetErrorString)(int, const char**) = nullptr;

    int device_count_ = 0;
    int version_ = 0;
};

// Makes a device's primary context current on this thread for as long as it lives; the context of before is put back.
class CurrentContext {
public:
    CurrentContext(const Driver& driver, int ordinal);
    ~CurrentContext();
    CurrentContext(const CurrentContext&) = delete;
    CurrentContext& operator=(const CurrentContext&) = delete;

private:
    const Driver& driver_;
    CudaDevice device_ = 0;
    CudaContext before_ = nullptr;
};

}  // namespace enginery::tensorrt

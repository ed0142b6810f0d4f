#include "driver.h"

#include <mutex>

#include "../shared/native_error.h"
#include "shared_library.h"

namespace enginery::tensorrt {
namespace {

// Names that CUDA's headers would put in place of the plain ones: the current forms of functions that changed once.
template <typename Function>
void bind(const SharedLibrary& library, Function*& function, const char* symbol) {
    function = library.require<Function>(symbol);
}

// Values of CUdevice_attribute.
constexpr int kMultiprocessorCount = 16;
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

struct Opened {
    std::mutex mutex;
    const Driver* driver = nullptr;
};

// Never destroyed: threads of builds may still ask when the process ends.
Opened& opened_driver() {
    static auto* opened = new Opened;
    return *opened;
}

}  // namespace

Driver::Driver(const std::string& path) {
    const SharedLibrary library = SharedLibrary::open(path);
    bind(library, cuInit, "cuInit");
    bind(library, cuDriverGetVersion, "cuDriverGetVersion");
    bind(library, cuGetErrorName, "cuGetErrorName");
    bind(library, cuGetErrorString, "cuGetErrorString");
    bind(library, cuDeviceGetCount, "cuDeviceGetCount");
    bind(library, cuDeviceGet, "cuDeviceGet");
    bind(library, cuDeviceGetName, "cuDeviceGetName");
    bind(library, cuDeviceGetAttribute, "cuDeviceGetAttribute");
    bind(library, cuDeviceTotalMem, "cuDeviceTotalMem_v2");
    bind(library, cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain");
    bind(library, cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2");
    bind(library, cuCtxSetCurrent, "cuCtxSetCurrent");
    bind(library, cuCtxGetCurrent, "cuCtxGetCurrent");
    bind(library, cuMemAlloc, "cuMemAlloc_v2");
    bind(library, cuMemFree, "cuMemFree_v2");
    bind(library, cuMemGetInfo, "cuMemGetInfo_v2");
    bind(library, cuMemHostAlloc, "cuMemHostAlloc");
    bind(library, cuMemFreeHost, "cuMemFreeHost");
    bind(library, cuMemcpyHtoD, "cuMemcpyHtoD_v2");
    bind(library, cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2");
    bind(library, cuMemcpyDtoH, "cuMemcpyDtoH_v2");
    bind(library, cuStreamCreate, "cuStreamCreate");
    bind(library, cuStreamSynchronize, "cuStreamSynchronize");
    bind(library, cuStreamDestroy, "cuStreamDestroy_v2");
    bind(library, cuEventCreate, "cuEventCreate");
    bind(library, cuEventRecord, "cuEventRecord");
    bind(library, cuEventSynchronize, "cuEventSynchronize");
    bind(library, cuEventDestroy, "cuEventDestroy_v2");
    check(cuInit(0), "cuInit");
    check(cuDriverGetVersion(&version_), "cuDriverGetVersion");
    check(cuDeviceGetCount(&device_count_), "cuDeviceGetCount");
    if (device_count_ < 1) throw NativeError("TRT_CUDA", "the driver works and sees no device");
}

const Driver* Driver::open(const std::string& path, std::string& reason) noexcept {
    try {
        Opened& opened = opened_driver();
        const std::lock_guard<std::mutex> lock(opened.mutex);
        if (opened.driver == nullptr) opened.driver = new Driver(path);
        return opened.driver;
    } catch (...) {
        reason = current_exception_as_native("TRT_CUDA").what();
        return nullptr;
    }
}

const Driver* Driver::opened() noexcept {
    Opened& opened = opened_driver();
    const std::lock_guard<std::mutex> lock(opened.mutex);
    return opened.driver;
}

CudaDeviceFacts Driver::describe(int ordinal) const {
    CudaDevice device = 0;
    check(cuDeviceGet(&device, ordinal), "cuDeviceGet");
    CudaDeviceFacts facts;
    char name[256] = {};
    check(cuDeviceGetName(name, sizeof(name) - 1, device), "cuDeviceGetName");
    facts.name = name;
    check(cuDeviceGetAttribute(&facts.major, kComputeCapabilityMajor, device), "cuDeviceGetAttribute");
    check(cuDeviceGetAttribute(&facts.minor, kComputeCapabilityMinor, device), "cuDeviceGetAttribute");
    check(cuDeviceGetAttribute(&facts.multiprocessors, kMultiprocessorCount, device), "cuDeviceGetAttribute");
    check(cuDeviceTotalMem(&facts.memory, device), "cuDeviceTotalMem");
    return facts;
}

void Driver::check(int result, const char* what) const {
    if (result != 0) throw NativeError("TRT_CUDA", std::string(what) + ": " + explain(result));
}

std::string Driver::explain(int result) const {
    const char* name = nullptr;
    const char* text = nullptr;
    if (cuGetErrorName(result, &name) != 0 || name == nullptr) return "error " + std::to_string(result);
    if (cuGetErrorString(result, &text) != 0 || text == nullptr) return name;
    return std::string(name) + ": " + text;
}

CurrentContext::CurrentContext(const Driver& driver, int ordinal) : driver_(driver) {
    CudaContext context = nullptr;
    driver.check(driver.cuDeviceGet(&device_, ordinal), "cuDeviceGet");
    driver.check(driver.cuCtxGetCurrent(&before_), "cuCtxGetCurrent");
    driver.check(driver.cuDevicePrimaryCtxRetain(&context, device_), "cuDevicePrimaryCtxRetain");
    const int result = driver.cuCtxSetCurrent(context);
    if (result != 0) {
        driver.cuDevicePrimaryCtxRelease(device_);
        driver.check(result, "cuCtxSetCurrent");
    }
}

CurrentContext::~CurrentContext() {
    driver_.cuCtxSetCurrent(before_);
    driver_.cuDevicePrimaryCtxRelease(device_);
}

}  // namespace enginery::tensorrt

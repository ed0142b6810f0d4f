// A stand-in for the public functions of NVIDIA's driver library that we call, for tests on machines without a GPU: it is
// opened as libcuda would be, and "device" memory is memory of the process at addresses that are none. It checks what the
// driver would: a context, bounds, what was freed. It answers nothing else and is never loaded together with NVIDIA's
// libraries.

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "stand_in_driver.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kSuccess = 0;
constexpr int kInvalidValue = 1;
constexpr int kInvalidDevice = 101;
constexpr int kInvalidContext = 201;

using Address = uint64_t;

// Freed only by the end of the process: threads may come here until then.
struct State {
    std::mutex mutex;
    std::map<Address, std::vector<char>> device;
    std::map<const char*, std::vector<char>> pinned;
    Address next = Address{1} << 46;  // nothing of a process lies there
    size_t contexts = 0;
    size_t uploads = 0;
    size_t unpinned_uploads = 0;
    double upload_time = 0;
    std::string failing;
    int good_calls = 0;
    int failure = 0;
};

State& state() {
    static State* all = new State;
    return *all;
}

void* const context = reinterpret_cast<void*>(0x5747);
thread_local void* current = nullptr;

// The result that a test wants of this call. With the lock held.
int refuse(const char* function) {
    State& all = state();
    if (all.failing != function || all.good_calls-- > 0) return kSuccess;
    return all.failure;
}

int enter(const char* function) {
    const int refused = refuse(function);
    if (refused != kSuccess) return refused;
    return current == context && state().contexts > 0 ? kSuccess : kInvalidContext;
}

// The block that holds these bytes, null where none does.
template <typename Blocks, typename Key>
char* find(Blocks& blocks, Key address, size_t bytes) {
    auto after = blocks.upper_bound(address);
    if (after == blocks.begin()) return nullptr;
    auto& [start, block] = *--after;
    const auto offset = static_cast<size_t>(address - start);
    return offset <= block.size() && bytes <= block.size() - offset ? block.data() + offset : nullptr;
}

using Lock = std::lock_guard<std::mutex>;

}  // namespace

EXPORTED void stand_in_count(StandInCounts* counts) {
    const Lock lock(state().mutex);
    const State& all = state();
    *counts = {all.device.size(), all.pinned.size(), all.contexts, all.uploads, all.unpinned_uploads, all.upload_time};
}

EXPORTED void stand_in_fail(const char* function, int good_calls, int failure) {
    const Lock lock(state().mutex);
    state().failing = function;
    state().good_calls = good_calls;
    state().failure = failure;
}

// What a kernel would read.
EXPORTED int stand_in_download(void* to, size_t from, size_t bytes) {
    const Lock lock(state().mutex);
    const char* found = find(state().device, static_cast<Address>(from), bytes);
    if (found == nullptr) return kInvalidValue;
    std::memcpy(to, found, bytes);
    return kSuccess;
}

EXPORTED int cuInit(unsigned) {
    const Lock lock(state().mutex);
    return refuse("cuInit");
}

EXPORTED int cuDriverGetVersion(int* version) {
    *version = 0;
    return kSuccess;
}

EXPORTED int cuDeviceGetCount(int* count) {
    *count = 1;
    return kSuccess;
}

EXPORTED int cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return ordinal == 0 ? kSuccess : kInvalidDevice;
}

EXPORTED int cuDeviceGetName(char* name, int length, int) {
    std::strncpy(name, "stand-in for a device", static_cast<size_t>(length));
    return kSuccess;
}

EXPORTED int cuDeviceGetAttribute(int* value, int, int) {
    *value = 0;
    return kSuccess;
}

EXPORTED int cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = 0;
    return kSuccess;
}

EXPORTED int cuGetErrorName(int, const char** text) {
    *text = "STAND_IN_ERROR";
    return kSuccess;
}

EXPORTED int cuGetErrorString(int result, const char** text) {
    *text = result == 2 ? "out of memory" : "an error of the stand-in";
    return kSuccess;
}

EXPORTED int cuDevicePrimaryCtxRetain(void** retained, int) {
    const Lock lock(state().mutex);
    const int refused = refuse("cuDevicePrimaryCtxRetain");
    if (refused != kSuccess) return refused;
    state().contexts++;
    *retained = context;
    return kSuccess;
}

EXPORTED int cuDevicePrimaryCtxRelease_v2(int) {
    const Lock lock(state().mutex);
    if (state().contexts == 0) return kInvalidContext;
    // As the driver does: with the context goes all memory in it.
    if (--state().contexts == 0) {
        state().device.clear();
        state().pinned.clear();
    }
    return kSuccess;
}

EXPORTED int cuCtxSetCurrent(void* wanted) {
    current = wanted;
    return kSuccess;
}

EXPORTED int cuCtxGetCurrent(void** found) {
    *found = current;
    return kSuccess;
}

EXPORTED int cuMemAlloc_v2(Address* address, size_t bytes) {
    const Lock lock(state().mutex);
    const int refused = enter("cuMemAlloc");
    if (refused != kSuccess) return refused;
    if (bytes == 0) return kInvalidValue;
    *address = state().next;
    state().next += (bytes + 511) / 512 * 512;
    state().device[*address].resize(bytes);
    return kSuccess;
}

EXPORTED int cuMemFree_v2(Address address) {
    const Lock lock(state().mutex);
    const int refused = enter("cuMemFree");
    if (refused != kSuccess) return refused;
    return state().device.erase(address) == 1 ? kSuccess : kInvalidValue;
}

EXPORTED int cuMemGetInfo_v2(size_t* free, size_t* total) {
    *free = *total = 0;
    return kSuccess;
}

EXPORTED int cuMemHostAlloc(void** data, size_t bytes, unsigned) {
    const Lock lock(state().mutex);
    const int refused = enter("cuMemHostAlloc");
    if (refused != kSuccess) return refused;
    if (bytes == 0) return kInvalidValue;
    std::vector<char> block(bytes);
    *data = block.data();
    state().pinned.emplace(static_cast<const char*>(*data), std::move(block));
    return kSuccess;
}

EXPORTED int cuMemFreeHost(void* data) {
    const Lock lock(state().mutex);
    const int refused = enter("cuMemFreeHost");
    if (refused != kSuccess) return refused;
    return state().pinned.erase(static_cast<const char*>(data)) == 1 ? kSuccess : kInvalidValue;
}

EXPORTED int cuMemcpyHtoD_v2(Address to, const void* from, size_t bytes) {
    char* device = nullptr;
    {
        const Lock lock(state().mutex);
        const int refused = enter("cuMemcpyHtoD");
        if (refused != kSuccess) return refused;
        device = find(state().device, to, bytes);
        if (device == nullptr) return kInvalidValue;
        state().uploads++;
        if (find(state().pinned, static_cast<const char*>(from), bytes) == nullptr) state().unpinned_uploads++;
    }
    // Without the lock: other threads go on meanwhile, as beside a device.
    const auto began = std::chrono::steady_clock::now();
    std::memcpy(device, from, bytes);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    const Lock lock(state().mutex);
    state().upload_time += took.count();
    return kSuccess;
}

EXPORTED int cuMemcpyDtoH_v2(void* to, Address from, size_t bytes) {
    {
        const Lock lock(state().mutex);
        const int refused = enter("cuMemcpyDtoH");
        if (refused != kSuccess) return refused;
    }
    return stand_in_download(to, from, bytes);
}

// The driver's library has these, and calibration does not call them.
#define UNUSED_BY_CALIBRATION(name)   \
    EXPORTED int name() {             \
        return 801; /* unsupported */ \
    }
UNUSED_BY_CALIBRATION(cuMemcpyHtoDAsync_v2)
UNUSED_BY_CALIBRATION(cuStreamCreate)
UNUSED_BY_CALIBRATION(cuStreamSynchronize)
UNUSED_BY_CALIBRATION(cuStreamDestroy_v2)
UNUSED_BY_CALIBRATION(cuEventCreate)
UNUSED_BY_CALIBRATION(cuEventRecord)
UNUSED_BY_CALIBRATION(cuEventSynchronize)
UNUSED_BY_CALIBRATION(cuEventDestroy_v2)

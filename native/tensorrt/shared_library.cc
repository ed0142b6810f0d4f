#include "shared_library.h"

#include "../shared/native_error.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace enginery::tensorrt {

#if defined(_WIN32)

SharedLibrary SharedLibrary::open(const std::string& path) {
    HMODULE handle = LoadLibraryA(path.c_str());
    if (handle == nullptr) throw NativeError("TRT_LIBRARY", path + ": error " + std::to_string(GetLastError()));
    return {path, handle};
}

void* SharedLibrary::find(const char* symbol) const noexcept {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle_), symbol));
}

#else

SharedLibrary SharedLibrary::open(const std::string& path) {
    // Local: two lines of TensorRT in one process must not find each other's symbols.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
        const char* reason = dlerror();
        throw NativeError("TRT_LIBRARY", reason != nullptr ? reason : path + " cannot be opened");
    }
    return {path, handle};
}

void* SharedLibrary::find(const char* symbol) const noexcept {
    return dlsym(handle_, symbol);
}

#endif

void* SharedLibrary::require_address(const char* symbol) const {
    void* address = find(symbol);
    if (address == nullptr) throw NativeError("TRT_LIBRARY", path_ + " has no function " + symbol);
    return address;
}

}  // namespace enginery::tensorrt

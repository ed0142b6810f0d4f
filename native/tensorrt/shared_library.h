#pragma once

#include <string>

namespace enginery::tensorrt {

// A library opened at run time and never closed: its threads and the objects it made may outlive every caller.
class SharedLibrary {
public:
    // `path`: absolute, or a name that the dynamic linker knows. Throws NativeError `TRT_LIBRARY` with the linker's words.
    static SharedLibrary open(const std::string& path);

    // Null where the library has no such symbol.
    void* find(const char* symbol) const noexcept;

    template <typename Function>
    Function* find(const char* symbol) const noexcept {
        return reinterpret_cast<Function*>(find(symbol));
    }

    // Throws NativeError `TRT_LIBRARY` that names the symbol.
    template <typename Function>
    Function* require(const char* symbol) const {
        return reinterpret_cast<Function*>(require_address(symbol));
    }

    const std::string& path() const noexcept { return path_; }
    // The same for the same library, whatever path it was opened by.
    const void* handle() const noexcept { return handle_; }

private:
    SharedLibrary(std::string path, void* handle) : path_(std::move(path)), handle_(handle) {}
    void* require_address(const char* symbol) const;

    std::string path_;
    void* handle_;
};

}  // namespace enginery::tensorrt

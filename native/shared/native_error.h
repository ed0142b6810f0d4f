#pragma once

#include <napi.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace enginery {

// A failure with the short code that `lib/errors/from-native.ts` turns into a public error.
// Carries no JavaScript value, so any thread may throw it.
class NativeError : public std::exception {
public:
    NativeError(std::string code, std::string message, std::vector<std::string> log = {})
        : code_(std::move(code)), message_(std::move(message)), log_(std::move(log)) {}

    const char* what() const noexcept override { return message_.c_str(); }
    const std::string& code() const noexcept { return code_; }
    const std::vector<std::string>& log() const noexcept { return log_; }

private:
    std::string code_;
    std::string message_;
    std::vector<std::string> log_;
};

// JavaScript thread only.
Napi::Error to_js_error(Napi::Env env, const NativeError& error);

// The exception in flight as a NativeError; `fallback_code` where it is a foreign one.
NativeError current_exception_as_native(const char* fallback_code) noexcept;

// Runs `body`, turning every C++ exception into a JavaScript one with a code.
template <typename Body>
auto guarded(Napi::Env env, const char* fallback_code, Body&& body) -> decltype(body()) {
    try {
        return body();
    } catch (const Napi::Error&) {
        throw;
    } catch (...) {
        throw to_js_error(env, current_exception_as_native(fallback_code));
    }
}

}  // namespace enginery

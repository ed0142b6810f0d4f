#pragma once

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

// The exception in flight as a NativeError; `fallback_code` where it is a foreign one.
NativeError current_exception_as_native(const char* fallback_code) noexcept;

}  // namespace enginery

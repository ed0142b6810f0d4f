#pragma once

#include <napi.h>

#include <string>
#include <utility>
#include <vector>

#include "../shared/native_error.h"

namespace enginery::openvino {

// Collects OpenVINO's log lines for as long as it lives: those of its own thread, and those of
// threads that belong to no call (the engine's), which go to every capture alive.
//
// What OpenVINO or a plugin writes straight to standard output or error cannot be caught.
class LogCapture {
public:
    LogCapture();
    ~LogCapture();
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

    std::vector<std::string> take();

    void add(const std::string& line);

private:
    std::vector<std::string> lines_;
    LogCapture* outer_;
};

// The exception in flight as a NativeError, OpenVINO's chain of source positions cut down to the
// reason. The full text becomes the first log line.
NativeError engine_failure(const char* code, std::vector<std::string> lines) noexcept;

// Runs an engine call; a failure carries the log lines that came meanwhile.
template <typename Body>
auto with_engine_log(const char* code, Body&& body) -> decltype(body()) {
    LogCapture capture;
    try {
        return std::forward<Body>(body)();
    } catch (const NativeError&) {
        throw;
    } catch (...) {
        throw engine_failure(code, capture.take());
    }
}

// Exports setLogListener.
void init_log(Napi::Env env, Napi::Object exports);

}  // namespace enginery::openvino

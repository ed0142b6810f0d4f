#include "log_capture.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <openvino/core/log.hpp>
#include <openvino/runtime/exception.hpp>
#include <string_view>

#include "../shared/completion_channel.h"
#include "../shared/environment.h"

namespace enginery::openvino {
namespace {

constexpr size_t kMaxLines = 200;
constexpr size_t kMaxLineBytes = 4096;
// Names of a model's operations are part of some reasons, and a damaged model's have any length.
constexpr size_t kMaxReasonBytes = 4096;

// A JavaScript listener; several environments may have one each.
struct Listener {
    std::shared_ptr<CompletionChannel> channel;
    std::shared_ptr<Napi::FunctionReference> callback;  // touched on its JavaScript thread only
};

class LogDelivery final : public Completion {
public:
    LogDelivery(std::weak_ptr<Listener> listener, std::string line) : listener_(std::move(listener)), line_(std::move(line)) {}

    void complete(Napi::Env env) override {
        auto listener = listener_.lock();
        if (listener && listener->callback) listener->callback->Call({Napi::String::New(env, line_)});
    }

private:
    std::weak_ptr<Listener> listener_;
    std::string line_;
};

struct Hub {
    std::mutex mutex;
    std::vector<LogCapture*> captures;
    std::vector<std::shared_ptr<Listener>> listeners;
};

// Never destroyed: OpenVINO may log while the process exits.
Hub& hub() {
    static Hub& instance = *new Hub();
    return instance;
}

thread_local LogCapture* innermost = nullptr;

void distribute(std::string_view message) {
    std::string line(message.substr(0, kMaxLineBytes));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    if (line.empty()) return;
    std::vector<std::shared_ptr<Listener>> listeners;
    {
        std::lock_guard<std::mutex> lock(hub().mutex);
        if (innermost != nullptr) {
            innermost->add(line);
        } else {
            for (LogCapture* capture : hub().captures) capture->add(line);
        }
        listeners = hub().listeners;
    }
    for (const auto& listener : listeners) listener->channel->post(std::make_unique<LogDelivery>(listener, line));
}

// OpenVINO calls this from wherever it logs: nothing may leave it.
void receive(std::string_view message) noexcept {
    try {
        distribute(message);
    } catch (...) {
        // Out of memory: a log line is lost.
    }
}

void install_once() {
    static std::once_flag installed;
    std::call_once(installed, [] {
        // OpenVINO keeps a reference to the function.
        static const std::function<void(std::string_view)>& callback = *new std::function<void(std::string_view)>(receive);
        ov::util::set_log_callback(callback);
    });
}

// Where OpenVINO's source position ends: after "<file>:<line>:". Npos if the text begins otherwise.
size_t position_end(std::string_view text, std::string_view opening, std::string_view before_file) {
    if (text.substr(0, opening.size()) != opening) return std::string_view::npos;
    const size_t line_end = std::min(text.find('\n'), text.size());
    size_t at = text.rfind(before_file, line_end);
    if (at == std::string_view::npos || at + before_file.size() < opening.size()) return std::string_view::npos;
    // File names hold no colon followed by digits and a colon.
    for (at = text.find(':', at + before_file.size()); at < line_end; at = text.find(':', at + 1)) {
        size_t end = at + 1;
        while (end < line_end && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
        if (end > at + 1 && end < text.size() && text[end] == ':') return end + 1;
    }
    return std::string_view::npos;
}

// Length of what stands before the reason at the beginning of `text`: source positions, the inference
// engine's old status words, blanks.
size_t noise_length(std::string_view text) {
    constexpr std::array<std::string_view, 6> kStatus = {"[ GENERAL_ERROR ]",      "[ NETWORK_NOT_READ ]", "[ NOT_IMPLEMENTED ]",
                                                         "[ PARAMETER_MISMATCH ]", "[ NOT_FOUND ]",        "[ UNEXPECTED ]"};
    size_t end = position_end(text, "Exception from ", "Exception from ");
    if (end == std::string_view::npos) end = position_end(text, "Check '", "' failed at ");
    if (end != std::string_view::npos) return end;
    constexpr std::string_view kFrontend = "FrontEnd API failed with ";
    if (text.substr(0, kFrontend.size()) == kFrontend) {
        end = text.find(':');
        if (end < text.find('\n')) return end + 1;
    }
    for (std::string_view status : kStatus) {
        if (text.substr(0, status.size()) == status) return status.size();
    }
    return 0;
}

// "Exception from src/a.cpp:12:\nCheck 'x' failed at src/b.cpp:34:\nreason" -> "reason". Scanned by
// hand: std::regex recurses per character, and these texts grow with the model.
std::string reason_of(const std::string& text) {
    std::string reason;
    std::string_view rest = text;
    while (!rest.empty()) {
        const size_t noise = noise_length(rest);
        if (noise != 0) {
            rest.remove_prefix(noise);
            rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
            continue;
        }
        // Up to the next place where a nested message may begin.
        const size_t next = std::min({rest.find("Exception from ", 1), rest.find("Check '", 1), rest.find("FrontEnd API", 1),
                                      rest.find("[ ", 1), rest.size()});
        reason += rest.substr(0, next);
        rest.remove_prefix(next);
    }
    while (!reason.empty() && std::isspace(static_cast<unsigned char>(reason.back()))) reason.pop_back();
    reason.erase(0, std::min(reason.find_first_not_of(" \t\n"), reason.size()));
    return reason.empty() ? text : reason;
}

void forget_listener(const std::shared_ptr<CompletionChannel>& channel) {
    std::lock_guard<std::mutex> lock(hub().mutex);
    auto& listeners = hub().listeners;
    listeners.erase(std::remove_if(listeners.begin(), listeners.end(),
                                   [&](const auto& listener) {
                                       if (listener->channel != channel) return false;
                                       listener->callback.reset();
                                       return true;
                                   }),
                    listeners.end());
}

Napi::Value set_log_listener(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    auto channel = Environment::of(env).channel();
    forget_listener(channel);
    if (info[0].IsFunction()) {
        auto callback = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[0].As<Napi::Function>()));
        std::lock_guard<std::mutex> lock(hub().mutex);
        hub().listeners.push_back(std::make_shared<Listener>(Listener{channel, callback}));
    }
    return env.Undefined();
}

}  // namespace

LogCapture::LogCapture() : outer_(innermost) {
    std::lock_guard<std::mutex> lock(hub().mutex);
    hub().captures.push_back(this);
    innermost = this;
}

LogCapture::~LogCapture() {
    std::lock_guard<std::mutex> lock(hub().mutex);
    auto& captures = hub().captures;
    captures.erase(std::find(captures.begin(), captures.end(), this));
    innermost = outer_;
}

void LogCapture::add(const std::string& line) {
    if (lines_.size() < kMaxLines) lines_.push_back(line);
}

std::vector<std::string> LogCapture::take() {
    std::lock_guard<std::mutex> lock(hub().mutex);
    return std::move(lines_);
}

NativeError engine_failure(const char* code, std::vector<std::string> lines) noexcept {
    try {
        throw;
    } catch (const ov::Cancelled&) {
        return {"NATIVE_CANCELLED", "the inference was cancelled"};
    } catch (const std::bad_alloc&) {
        return {"NATIVE_MEMORY", "memory could not be allocated", std::move(lines)};
    } catch (const std::exception& error) {
        const std::string full = error.what();
        std::string reason = reason_of(full.substr(0, kMaxReasonBytes));
        if (reason != full) lines.insert(lines.begin(), full);
        return {code, std::move(reason), std::move(lines)};
    } catch (...) {
        return {code, "an exception of unknown type", std::move(lines)};
    }
}

void init_log(Napi::Env env, Napi::Object exports) {
    install_once();  // from the start: without a callback of ours OpenVINO logs to standard output
    exports.Set("setLogListener", Napi::Function::New<set_log_listener>(env, "setLogListener"));
    env.AddCleanupHook([channel = Environment::of(env).channel()] { forget_listener(channel); });
}

}  // namespace enginery::openvino

#include "timing_cache_job.h"

#include <charconv>
#include <utility>

#include "../shared/background_task.h"
#include "../shared/js_error.h"
#include "build_result.h"
#include "read_request.h"
#include "timing_cache_entries.h"

namespace enginery::tensorrt {
namespace {

// Tactics have 64 bits, which no number of JavaScript holds: they cross as 0x and hexadecimal digits.
std::string write_tactic(uint64_t tactic) {
    char digits[17] = {};
    const auto end = std::to_chars(digits, digits + 16, tactic, 16).ptr;
    const std::string text(digits, end);
    return "0x" + std::string(16 - text.size(), '0') + text;
}

uint64_t read_tactic(const std::string& text) {
    uint64_t tactic = 0;
    const char* const end = text.data() + text.size();
    const bool is_prefixed = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (is_prefixed) {
        const auto [ptr, error] = std::from_chars(text.data() + 2, end, tactic, 16);
        if (error == std::errc() && ptr == end) return tactic;
    }
    throw NativeError("NATIVE_ARGUMENT", "expected 0x and up to 16 hexadecimal digits for a tactic: " + text);
}

std::vector<TimingChange> read_changes(const Napi::Value& value) {
    if (!value.IsArray()) throw NativeError("NATIVE_ARGUMENT", "expected a list of changes");
    const auto list = value.As<Napi::Array>();
    std::vector<TimingChange> changes;
    for (uint32_t i = 0; i < list.Length(); ++i) {
        const auto object = list.Get(i).ToObject();
        TimingChange change;
        change.key = object.Get("key").ToString().Utf8Value();
        read_timing_key(change.key);
        const Napi::Value tactic = object.Get("tactic");
        if (tactic.IsString()) {
            const float milliseconds = object.Get("milliseconds").ToNumber().FloatValue();
            change.value = TimingEntry{change.key, read_tactic(tactic.As<Napi::String>().Utf8Value()), milliseconds};
        }
        changes.push_back(std::move(change));
    }
    return changes;
}

Napi::Value report_to_js(Napi::Env env, TimingCacheReport& report) {
    Napi::Array entries = Napi::Array::New(env, report.entries.size());
    for (size_t i = 0; i < report.entries.size(); ++i) {
        const TimingEntry& entry = report.entries[i];
        Napi::Object object = Napi::Object::New(env);
        object.Set("key", entry.key);
        object.Set("tactic", write_tactic(entry.tactic));
        object.Set("milliseconds", entry.milliseconds);
        entries.Set(static_cast<uint32_t>(i), object);
    }
    Napi::Array refused = Napi::Array::New(env, report.refused.size());
    for (size_t i = 0; i < report.refused.size(); ++i) refused.Set(static_cast<uint32_t>(i), report.refused[i]);
    Napi::Object object = Napi::Object::New(env);
    object.Set("entries", entries);
    object.Set("refused", refused);
    if (report.bytes) object.Set("bytes", bytes_to_js(env, report.bytes->data(), report.bytes->size()));
    return object;
}

}  // namespace

Napi::Value start_timing_edit(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_TIMING_CACHE", [&] {
        const int device = info[2].IsNumber() ? info[2].As<Napi::Number>().Int32Value() : 0;
        return BackgroundTask<TimingCacheReport>::start(
            info.Env(), "TRT_TIMING_CACHE",
            [bytes = read_bytes(info[0], "bytes"), changes = read_changes(info[1]), device] {
                return edit_timing_cache(bytes, changes, device);
            },
            report_to_js);
    });
}

}  // namespace enginery::tensorrt

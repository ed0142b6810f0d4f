#include "timing_cache_entries.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "../shared/js_error.h"
#include "driver.h"
#include "library.h"
#include "line.h"
#include "logger.h"

namespace enginery::tensorrt {
namespace {

constexpr size_t kKeyBytes = 16;

[[maybe_unused]] std::string write_timing_key(const uint8_t* bytes) {
    static const char digits[] = "0123456789abcdef";
    std::string text = "0x";
    for (size_t i = 0; i < kKeyBytes; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

int digit_of(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

#if !defined(ENGINERY_TENSORRT_RTX)
nvinfer1::TimingCacheKey key_of(const std::string& text) {
    const std::string bytes = read_timing_key(text);
    nvinfer1::TimingCacheKey key{};
    std::memcpy(key.data, bytes.data(), kKeyBytes);
    return key;
}

std::vector<TimingEntry> list_entries(const nvinfer1::ITimingCache& cache) {
    const int64_t count = cache.queryKeys(nullptr, 0);
    if (count < 0) throw NativeError("TRT_TIMING_CACHE", "TensorRT does not tell of its entries");
    std::vector<nvinfer1::TimingCacheKey> keys(static_cast<size_t>(count));
    if (count > 0 && cache.queryKeys(keys.data(), count) < 0) {
        throw NativeError("TRT_TIMING_CACHE", "TensorRT does not tell of its entries");
    }
    std::vector<TimingEntry> entries;
    entries.reserve(keys.size());
    for (const nvinfer1::TimingCacheKey& key : keys) {
        const nvinfer1::TimingCacheValue value = cache.query(key);
        entries.push_back({write_timing_key(key.data), value.tacticHash, value.timingMSec});
    }
    return entries;
}

bool apply_change(nvinfer1::ITimingCache& cache, const TimingChange& change) {
    nvinfer1::TimingCacheValue value{};
    // A time that is no number takes the entry out.
    value.timingMSec = change.value ? change.value->milliseconds : std::numeric_limits<float>::quiet_NaN();
    value.tacticHash = change.value ? change.value->tactic : 0;
    return cache.update(key_of(change.key), value);
}
#endif

}  // namespace

std::string read_timing_key(const std::string& text) {
    std::string bytes;
    const bool is_prefixed = text.size() == 2 + 2 * kKeyBytes && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    for (size_t i = 2; is_prefixed && i < text.size(); i += 2) {
        const int high = digit_of(text[i]);
        const int low = digit_of(text[i + 1]);
        if (high < 0 || low < 0) break;
        bytes += static_cast<char>(high * 16 + low);
    }
    if (bytes.size() != kKeyBytes)
        throw NativeError("NATIVE_ARGUMENT", "expected 0x and 32 hexadecimal digits for a key: " + text);
    return bytes;
}

TimingCacheReport edit_timing_cache(const std::string& bytes, const std::vector<TimingChange>& changes, int device) {
    const Library& library = Library::opened();
#if defined(ENGINERY_TENSORRT_RTX)
    (void)bytes, (void)changes, (void)device, (void)library;
    throw NativeError("TRT_UNSUPPORTED", "TensorRT-RTX has no timing caches");
#else
    // Older tables end before these functions.
    if (kMajor == 10 && !library.version().at_least(10, 8)) {
        throw NativeError("TRT_UNSUPPORTED", "it tells of entries from 10.8 on");
    }
    LogCapture said(nvinfer1::ILogger::Severity::kWARNING);
    std::unique_ptr<CurrentContext> context;
    if (const Driver* driver = Driver::opened()) context = std::make_unique<CurrentContext>(*driver, device);
    const auto builder = library.create_builder(ProcessLogger::instance());
    const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
    if (!config) throw NativeError("TRT_BUILDER", "TensorRT made no builder config");
    config->setFlag(nvinfer1::BuilderFlag::kEDITABLE_TIMING_CACHE);
    const std::unique_ptr<nvinfer1::ITimingCache> cache(config->createTimingCache(bytes.data(), bytes.size()));
    if (!cache) throw NativeError("TRT_TIMING_CACHE", "TensorRT does not read its bytes");
    // Damaged bytes are taken for an empty cache, with a warning.
    for (const LogLine& line : said.take()) {
        if (line.text.find("will not be used") != std::string::npos) throw NativeError("TRT_TIMING_CACHE", line.text);
    }
    TimingCacheReport report;
    for (const TimingChange& change : changes) {
        if (!apply_change(*cache, change)) report.refused.push_back(change.key);
    }
    report.entries = list_entries(*cache);
    if (changes.empty()) return report;
    const std::unique_ptr<nvinfer1::IHostMemory> written(cache->serialize());
    if (!written) throw NativeError("TRT_TIMING_CACHE", "TensorRT does not write it");
    report.bytes = std::string(static_cast<const char*>(written->data()), written->size());
    return report;
#endif
}

}  // namespace enginery::tensorrt

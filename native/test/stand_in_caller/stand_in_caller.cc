// An addon for tests: calls our calibrators from a thread of its own as TensorRT's builder would, over the stand-in for
// NVIDIA's driver. It stands in for the caller; nothing of TensorRT is loaded.

#include <napi.h>

#include <cstring>

#include "../../shared/background_task.h"
#include "../../shared/environment.h"
#include "../../tensorrt/calibrators/js_calibration.h"
#include "../../tensorrt/driver.h"
#include "../../tensorrt/shared_library.h"
#include "calling_order.h"

namespace enginery::tensorrt {
namespace {

// Opened by the first environment that needs it, for all.
struct StandIn {
    explicit StandIn(const std::string& path) {
        std::string reason;
        driver = Driver::open(path, reason);
        if (driver == nullptr) throw NativeError("TRT_CUDA", reason);
        const SharedLibrary library = SharedLibrary::open(path);
        count = reinterpret_cast<StandInCount>(library.find("stand_in_count"));
        fail = reinterpret_cast<StandInFail>(library.find("stand_in_fail"));
        download = reinterpret_cast<StandInDownload>(library.find("stand_in_download"));
        if (!count || !fail || !download) throw NativeError("TRT_CUDA", path + " is no stand-in: tests go no further");
    }
    static const StandIn& open(const std::string& path) {
        static const StandIn* stand_in = new StandIn(path);
        return *stand_in;
    }

    const Driver* driver;
    StandInCount count;
    StandInFail fail;
    StandInDownload download;
};

struct Outcome {
    std::shared_ptr<JsCalibration> calibration;
    CallerReport report;
    std::optional<NativeError> failure;
};

std::string text_of(Napi::Object object, const char* name) {
    const Napi::Value value = object.Get(name);
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
}

double number_of(Napi::Object object, const char* name) {
    const Napi::Value value = object.Get(name);
    return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
}

CallerOptions read_options(Napi::Object options) {
    CallerOptions read;
    const Napi::Array inputs = options.Get("calibration").As<Napi::Object>().Get("inputs").As<Napi::Array>();
    // From the last to the first: the order is TensorRT's, and calibrators must go by the names.
    for (uint32_t i = inputs.Length(); i-- > 0;) {
        const Napi::Object input = inputs.Get(i).As<Napi::Object>();
        read.names.push_back(text_of(input, "name"));
        read.bytes.push_back(static_cast<size_t>(number_of(input, "byteLength")));
    }
    const std::string unknown = text_of(options, "askFor");
    if (!unknown.empty()) read.names[0] = unknown;
    read.most_batches = static_cast<size_t>(number_of(options, "mostBatches"));
    read.work = std::chrono::milliseconds(static_cast<int>(number_of(options, "work")));
    read.cache = text_of(options, "cacheToWrite");
    return read;
}

Napi::Object describe(Napi::Env env, const CallerReport& report, const CallerOptions& options) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("algorithm", report.algorithm);
    object.Set("interface", report.interface_name);
    object.Set("batchSize", report.batch_size);
    object.Set("cacheRead", report.cache_read);
    object.Set("histogramsRead", report.histograms_read);
    object.Set("quantile", report.quantile);
    object.Set("regressionCutoff", report.regression_cutoff);
    object.Set("fault", report.fault);
    Napi::Array waits = Napi::Array::New(env);
    for (size_t i = 0; i < report.waits.size(); i++) waits.Set(static_cast<uint32_t>(i), report.waits[i]);
    object.Set("waits", waits);
    Napi::Array batches = Napi::Array::New(env);
    for (size_t i = 0; i < report.batches.size(); i++) {
        Napi::Object batch = Napi::Object::New(env);
        for (size_t j = 0; j < report.batches[i].size(); j++) {
            const std::string& bytes = report.batches[i][j];
            Napi::ArrayBuffer copy = Napi::ArrayBuffer::New(env, bytes.size());
            std::memcpy(copy.Data(), bytes.data(), bytes.size());
            batch.Set(options.names[j], copy);
        }
        batches.Set(static_cast<uint32_t>(i), batch);
    }
    object.Set("batches", batches);
    return object;
}

Napi::Value convert(Napi::Env env, Outcome& outcome, const CallerOptions& options) {
    if (outcome.failure) {
        Napi::Error error = to_js_error(env, *outcome.failure);
        const Napi::Value thrown = outcome.calibration->thrown(env);
        if (!thrown.IsEmpty()) error.Set("cause", thrown);
        throw error;
    }
    Napi::Object object = describe(env, outcome.report, options);
    object.Set("calibration", outcome.calibration->results(env));
    return object;
}

// calibrate(options) answers { done, cancel }.
Napi::Value calibrate(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, "TRT_CALIBRATION", [&]() -> Napi::Value {
        const auto given = info[0].As<Napi::Object>();
        const StandIn& stand_in = StandIn::open(text_of(given, "driver"));
        auto open_memory = [&stand_in] { return std::make_shared<const DeviceMemory>(*stand_in.driver, 0); };
        auto calibration = JsCalibration::open(env, given.Get("calibration").As<Napi::Object>(), std::move(open_memory));
        const auto options = std::make_shared<const CallerOptions>(read_options(given));
        const bool keep_bytes = !given.Get("dropBytes").ToBoolean();
        Napi::Object handle = Napi::Object::New(env);
        handle.Set("cancel", Napi::Function::New(env, [calibration](const Napi::CallbackInfo&) {
                       calibration->fail(NativeError("NATIVE_CANCELLED", "the build was cancelled"));
                   }));
        handle.Set("done", BackgroundTask<Outcome>::start(
                               env, "TRT_CALIBRATION",
                               [calibration = std::move(calibration), options, keep_bytes, &stand_in]() mutable {
                                   Outcome outcome;
                                   outcome.report =
                                       call_calibrator(calibration->calibrator(), *options, stand_in.download, keep_bytes);
                                   outcome.failure = calibration->end();
                                   outcome.calibration = std::move(calibration);
                                   return outcome;
                               },
                               [options](Napi::Env env, Outcome& outcome) { return convert(env, outcome, *options); }));
        return handle;
    });
}

// counts(driver): what the stand-in driver has counted.
Napi::Value counts(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, "TRT_CUDA", [&]() -> Napi::Value {
        StandInCounts found;
        StandIn::open(info[0].As<Napi::String>()).count(&found);
        Napi::Object object = Napi::Object::New(env);
        object.Set("deviceBlocks", static_cast<double>(found.device_blocks));
        object.Set("pinnedBlocks", static_cast<double>(found.pinned_blocks));
        object.Set("contexts", static_cast<double>(found.contexts));
        object.Set("uploads", static_cast<double>(found.uploads));
        object.Set("unpinnedUploads", static_cast<double>(found.unpinned_uploads));
        object.Set("uploadTime", found.upload_time);
        object.Set("running", static_cast<double>(Environment::of(env).running()));
        return object;
    });
}

// failDriver(driver, function, goodCalls, result)
void fail_driver(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    guarded(env, "TRT_CUDA", [&] {
        StandIn::open(info[0].As<Napi::String>())
            .fail(info[1].As<Napi::String>().Utf8Value().c_str(), info[2].As<Napi::Number>(), info[3].As<Napi::Number>());
    });
}

}  // namespace

Napi::Object init(Napi::Env env, Napi::Object exports) {
    Environment::install(env);
    exports.Set("calibrate", Napi::Function::New<calibrate>(env, "calibrate"));
    exports.Set("counts", Napi::Function::New<counts>(env, "counts"));
    exports.Set("failDriver", Napi::Function::New<fail_driver>(env, "failDriver"));
    return exports;
}

}  // namespace enginery::tensorrt

static Napi::Object init_module(Napi::Env env, Napi::Object exports) {
    return enginery::tensorrt::init(env, exports);
}

NODE_API_MODULE(stand_in_caller, init_module)

#include "build_job.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "../shared/background_task.h"
#include "../shared/environment.h"
#include "../shared/js_error.h"
#include "build.h"
#include "build_result.h"
#include "read_request.h"

namespace enginery::tensorrt {
namespace {

// One build as its environment sees it: where it is, and how to stop it when the environment ends.
class BuildJob final : public Interruptible, public std::enable_shared_from_this<BuildJob> {
public:
    BuildJob(std::shared_ptr<CompletionChannel> channel, BuildRequest request)
        : request(std::move(request)),
          control([this](BuildEvent event) { queue(std::move(event)); }),
          channel_(std::move(channel)) {}

    // JavaScript thread.
    void listen(Napi::Function listener) {
        listener_ = Napi::Persistent(listener);
        // The last holder may be the thread of the build, where no reference can be deleted: release() does it, or the end
        // of the environment, which takes all its references with it.
        listener_.SuppressDestruct();
        listens_ = true;
    }

    void release() {
        if (!listener_.IsEmpty()) listener_.Reset();
    }

    void deliver(Napi::Env env) {
        std::vector<BuildEvent> events;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            events.swap(waiting_);
        }
        for (const BuildEvent& event : events) {
            if (listener_.IsEmpty()) return;
            listener_.Call({event_to_js(env, event)});
        }
    }

    void stop() noexcept {
        control.cancel();
#if defined(ENGINERY_TENSORRT_V10)
        if (request.calibration) request.calibration->fail(NativeError("NATIVE_CANCELLED", "the build was cancelled"));
#endif
    }

    // Nothing of it touches the environment's memory but the calibrator, which takes care of itself.
    void interrupt() noexcept override { stop(); }
    void wait_until_idle() noexcept override {}

    BuildRequest request;
    BuildControl control;

private:
    class Delivery final : public Completion {
    public:
        explicit Delivery(std::shared_ptr<BuildJob> job) : job_(std::move(job)) {}
        void complete(Napi::Env env) override { job_->deliver(env); }

    private:
        std::shared_ptr<BuildJob> job_;
    };

    // Steps come by the thousand: one delivery takes all that are waiting.
    void queue(BuildEvent event) {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!listens_) return;
            waiting_.push_back(std::move(event));
            if (waiting_.size() > 1) return;
        }
        channel_->post(std::make_unique<Delivery>(shared_from_this()));
    }

    std::shared_ptr<CompletionChannel> channel_;
    Napi::FunctionReference listener_;
    std::mutex mutex_;
    std::vector<BuildEvent> waiting_;
    bool listens_ = false;
};

Napi::Object request_argument(const Napi::CallbackInfo& info) {
    if (!info[0].IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected a request");
    return info[0].As<Napi::Object>();
}

Napi::Value finish(Napi::Env env, BuildJob& job, BuildOutcome& outcome) {
    job.deliver(env);  // what came between the last delivery and the end
    job.release();
    Napi::Object result = outcome_to_js(env, outcome);
#if defined(ENGINERY_TENSORRT_V10)
    if (job.request.calibration) {
        const Napi::Value thrown = job.request.calibration->thrown(env);
        if (!thrown.IsEmpty()) result.Set("thrown", thrown);
        result.Set("calibration", job.request.calibration->results(env));
    }
#endif
    return result;
}

}  // namespace

Napi::Value start_build(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    return guarded(env, "TRT_BUILD", [&]() -> Napi::Value {
        Environment& environment = Environment::of(env);
        auto job = std::make_shared<BuildJob>(environment.channel(), read_build_request(env, request_argument(info)));
        if (info[1].IsFunction()) job->listen(info[1].As<Napi::Function>());
        environment.add_running(job);
        Napi::Value done = BackgroundTask<BuildOutcome>::start(
            env, "TRT_BUILD", [job] { return run_build(job->request, job->control); },
            [job](Napi::Env env, BuildOutcome& outcome) -> Napi::Value {
                Environment::of(env).remove_running(job);
                return finish(env, *job, outcome);
            });
        Napi::Object handle = Napi::Object::New(env);
        handle.Set("done", done);
        handle.Set("cancel", Napi::Function::New(env, [job](const Napi::CallbackInfo&) { job->stop(); }));
        return handle;
    });
}

Napi::Value start_check(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_BUILD", [&] {
        const Napi::Object request = request_argument(info);
        auto model = std::make_shared<OnnxModel>(read_model(request));
        std::vector<std::string> plugins = read_plugins(request);
        return BackgroundTask<CheckOutcome>::start(
            info.Env(), "TRT_BUILD", [model, plugins = std::move(plugins)] { return check_model(*model, plugins, 0); },
            [](Napi::Env env, CheckOutcome& outcome) -> Napi::Value { return check_to_js(env, outcome); });
    });
}

Napi::Value start_combine(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "TRT_TIMING_CACHE", [&] {
        using Combined = std::optional<std::string>;
        const int device = info[2].IsNumber() ? info[2].As<Napi::Number>().Int32Value() : 0;
        return BackgroundTask<Combined>::start(
            info.Env(), "TRT_TIMING_CACHE",
            [stored = read_bytes(info[0], "stored"), added = read_bytes(info[1], "added"), device] {
                return combine_timing_caches(stored, added, device);
            },
            [](Napi::Env env, Combined& combined) -> Napi::Value {
                if (!combined) return env.Null();
                return bytes_to_js(env, combined->data(), combined->size());
            });
    });
}

}  // namespace enginery::tensorrt

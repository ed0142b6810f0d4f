#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <openvino/core/model.hpp>
#include <utility>

#include "../shared/native_error.h"

namespace enginery::openvino {

// A model and whether a background call is using it. ov::Model is not safe to change while another
// thread reads it, so one call at a time may have it.
struct ModelState {
    std::shared_ptr<ov::Model> model;
    std::atomic<bool> taken{false};
};

// The right to use a model, for one call, on any thread.
class ModelLease {
public:
    // NATIVE_BUSY if another call has it.
    explicit ModelLease(std::shared_ptr<ModelState> state) : state_(std::move(state)) {
        if (state_->taken.exchange(true)) throw NativeError("NATIVE_BUSY", "another call is using the model: await it first");
        release_ = std::shared_ptr<void>(nullptr, [state = state_](void*) { state->taken.store(false); });
    }

    const std::shared_ptr<ov::Model>& model() const { return state_->model; }
    void replace(std::shared_ptr<ov::Model> model) const { state_->model = std::move(model); }

private:
    std::shared_ptr<ModelState> state_;
    std::shared_ptr<void> release_;  // copies of a lease (std::function makes them) end it together
};

// `NativeModel` of lib/native/openvino-addon.ts.
class Model : public Napi::ObjectWrap<Model> {
public:
    static const napi_type_tag kTag;

    // Also exports readModel and readModelSync.
    static void init(Napi::Env env, Napi::Object exports);
    static Napi::Object wrap(Napi::Env env, std::shared_ptr<ov::Model> model);

    explicit Model(const Napi::CallbackInfo& info);

    // NATIVE_CLOSED, NATIVE_BUSY.
    ModelLease lease() const;

private:
    Napi::Value name(const Napi::CallbackInfo& info);
    Napi::Value inputs(const Napi::CallbackInfo& info);
    Napi::Value outputs(const Napi::CallbackInfo& info);
    Napi::Value operations(const Napi::CallbackInfo& info);
    Napi::Value reshape(const Napi::CallbackInfo& info);
    void reshape_sync(const Napi::CallbackInfo& info);
    Napi::Value set_batch(const Napi::CallbackInfo& info);
    Napi::Value add_output(const Napi::CallbackInfo& info);
    Napi::Value rt_info(const Napi::CallbackInfo& info);
    void set_rt_info(const Napi::CallbackInfo& info);
    Napi::Value preprocess(const Napi::CallbackInfo& info);
    Napi::Value clone(const Napi::CallbackInfo& info);
    Napi::Value serialize(const Napi::CallbackInfo& info);
    void close(const Napi::CallbackInfo& info);

    std::shared_ptr<ModelState> state_;
};

}  // namespace enginery::openvino

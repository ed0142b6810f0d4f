#include "infer_request.h"

#include <utility>

#include "../shared/js_error.h"
#include "../shared/type_tag.h"

namespace enginery::openvino {

const napi_type_tag InferRequest::kTag = {0x2f4a8c1be35d47d9, 0xa1b06c7d5e2f4b83};

namespace {

// Absent and undefined arguments are the same.
napi_value array_or_null(Napi::Value value) {
    return value.IsArray() ? static_cast<napi_value>(value) : nullptr;
}

napi_value required_array(Napi::Value value) {
    if (!value.IsArray()) throw NativeError("NATIVE_ARGUMENT", "expected an array with one entry per input");
    return value;
}

const char* status_name(ov::ProfilingInfo::Status status) {
    switch (status) {
        case ov::ProfilingInfo::Status::EXECUTED: return "executed";
        case ov::ProfilingInfo::Status::OPTIMIZED_OUT: return "optimized-out";
        default: return "not-run";
    }
}

}  // namespace

void InferRequest::init(Napi::Env env) {
    Environment::of(env).keep_constructor(
        kTag, DefineClass(env, "InferRequest",
                          {InstanceMethod<&InferRequest::infer_sync>("inferSync"), InstanceMethod<&InferRequest::start>("start"),
                           InstanceMethod<&InferRequest::cancel>("cancel"), InstanceMethod<&InferRequest::close>("close"),
                           InstanceMethod<&InferRequest::profile>("profile"),
                           checked_accessor<InferRequest, &InferRequest::latency>("latency"),
                           checked_accessor<InferRequest, &InferRequest::busy>("busy")}));
}

Napi::Object InferRequest::wrap(Napi::Env env, std::shared_ptr<RequestState> state) {
    return Environment::of(env).constructor(kTag).New({Napi::External<std::shared_ptr<RequestState>>::New(env, &state)});
}

InferRequest::InferRequest(const Napi::CallbackInfo& info) : Napi::ObjectWrap<InferRequest>(info) {
    Napi::Env env = info.Env();
    guarded(env, "NATIVE_ARGUMENT", [&] {
        if (!info[0].IsExternal()) throw NativeError("NATIVE_ARGUMENT", "requests are made by createRequests()");
        tag<InferRequest>(env, info.This().As<Napi::Object>());
        state_ = std::move(*info[0].As<Napi::External<std::shared_ptr<RequestState>>>().Data());
    });
}

RequestState& InferRequest::open_state() {
    if (!state_) throw NativeError("NATIVE_CLOSED", "the request was closed");
    return *state_;
}

Napi::Value InferRequest::infer_sync(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    return guarded(env, "OV_INFER", [&]() -> Napi::Value {
        RequestState& state = open_state();
        state.bind(env, RequestState::Mode::synchronous, required_array(info[0]), array_or_null(info[1]), array_or_null(info[2]));
        state.infer();
        return state.results(env);
    });
}

void InferRequest::start(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    guarded(env, "OV_INFER", [&] {
        RequestState& state = open_state();
        if (!info[0].IsFunction()) throw NativeError("NATIVE_ARGUMENT", "expected a function");
        state.bind(env, RequestState::Mode::asynchronous, required_array(info[1]), array_or_null(info[2]),
                   array_or_null(info[3]));
        state.start(env, info[0].As<Napi::Function>());
    });
}

void InferRequest::cancel(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_INFER", [&] { open_state().cancel(); });
}

void InferRequest::close(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_INFER", [&] {
        if (state_ && state_->busy()) throw NativeError("NATIVE_BUSY", "the request is running");
        state_.reset();
    });
}

Napi::Value InferRequest::profile(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    return guarded(env, "OV_INFER", [&]() -> Napi::Value {
        RequestState& state = open_state();
        if (state.busy()) throw NativeError("NATIVE_BUSY", "the request is running");
        const auto layers = state.profile();
        Napi::Array array = Napi::Array::New(env, layers.size());
        for (size_t i = 0; i < layers.size(); ++i) {
            Napi::Object layer = Napi::Object::New(env);
            layer.Set("name", layers[i].node_name);
            layer.Set("type", layers[i].node_type);
            layer.Set("kernel", layers[i].exec_type);
            layer.Set("status", status_name(layers[i].status));
            layer.Set("realTime", static_cast<double>(layers[i].real_time.count()));
            layer.Set("cpuTime", static_cast<double>(layers[i].cpu_time.count()));
            array.Set(static_cast<uint32_t>(i), layer);
        }
        return array;
    });
}

Napi::Value InferRequest::latency(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_INFER",
                   [&]() -> Napi::Value { return Napi::Number::New(info.Env(), open_state().latency_ms()); });
}

Napi::Value InferRequest::busy(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), state_ && state_->busy());
}

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <memory>

#include "request_state.h"

namespace enginery::openvino {

// JavaScript handle of a RequestState: `NativeRequest` of lib/native/openvino-addon.ts.
class InferRequest : public Napi::ObjectWrap<InferRequest> {
public:
    static const napi_type_tag kTag;

    static void init(Napi::Env env);
    static Napi::Object wrap(Napi::Env env, std::shared_ptr<RequestState> state);

    explicit InferRequest(const Napi::CallbackInfo& info);

private:
    Napi::Value infer_sync(const Napi::CallbackInfo& info);
    void start(const Napi::CallbackInfo& info);
    void cancel(const Napi::CallbackInfo& info);
    void close(const Napi::CallbackInfo& info);
    Napi::Value profile(const Napi::CallbackInfo& info);
    Napi::Value latency(const Napi::CallbackInfo& info);
    Napi::Value busy(const Napi::CallbackInfo& info);
    RequestState& open_state();

    std::shared_ptr<RequestState> state_;
};

}  // namespace enginery::openvino

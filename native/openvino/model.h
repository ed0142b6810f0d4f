#pragma once

#include <napi.h>

#include <memory>

#include "model_lease.h"

namespace enginery::openvino {

// `NativeModel` of lib/native/openvino-addon.ts.
class Model : public Napi::ObjectWrap<Model> {
public:
    static const napi_type_tag kTag;

    // Also exports readModel and readModelSync.
    static void init(Napi::Env env, Napi::Object exports);
    static Napi::Object wrap(Napi::Env env, std::shared_ptr<ModelState> state);

    explicit Model(const Napi::CallbackInfo& info);
    ~Model() override;

    // NATIVE_CLOSED, NATIVE_BUSY.
    ModelLease lease(ModelLease::Use use = ModelLease::Use::read) const;

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

    void drop_state();

    std::shared_ptr<ModelState> state_;
};

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <memory>

#include "compiled_state.h"

namespace enginery::openvino {

// `NativeCompiledModel` of lib/native/openvino-addon.ts.
class CompiledModel : public Napi::ObjectWrap<CompiledModel> {
public:
    static const napi_type_tag kTag;

    // Also exports compileModel, importModel and their Sync forms.
    static void init(Napi::Env env, Napi::Object exports);
    static Napi::Object wrap(Napi::Env env, std::shared_ptr<CompiledState> state);

    explicit CompiledModel(const Napi::CallbackInfo& info);
    ~CompiledModel() override;

private:
    Napi::Value inputs(const Napi::CallbackInfo& info);
    Napi::Value outputs(const Napi::CallbackInfo& info);
    Napi::Value get_property(const Napi::CallbackInfo& info);
    void set_properties(const Napi::CallbackInfo& info);
    Napi::Value runtime_graph(const Napi::CallbackInfo& info);
    Napi::Value export_to(const Napi::CallbackInfo& info);
    Napi::Value export_bytes(const Napi::CallbackInfo& info);
    Napi::Value compile_again(const Napi::CallbackInfo& info);
    Napi::Value create_requests(const Napi::CallbackInfo& info);
    Napi::Value create_requests_sync(const Napi::CallbackInfo& info);
    Napi::Value release_memory(const Napi::CallbackInfo& info);
    Napi::Value close(const Napi::CallbackInfo& info);
    const std::shared_ptr<CompiledState>& open_state() const;

    std::shared_ptr<CompiledState> state_;
    int64_t reported_bytes_ = 0;
};

}  // namespace enginery::openvino

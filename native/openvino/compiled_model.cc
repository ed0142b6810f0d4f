#include "compiled_model.h"

#include <cstring>
#include <openvino/core/model.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../shared/background_task.h"
#include "../shared/blob_file.h"
#include "../shared/js_error.h"
#include "../shared/type_tag.h"
#include "../shared/typed_view.h"
#include "compile.h"
#include "infer_request.h"
#include "log_capture.h"
#include "model.h"
#include "port.h"
#include "property_value.h"
#include "runtime_graph.h"

namespace enginery::openvino {

const napi_type_tag CompiledModel::kTag = {0x8c1d5e3f7a9b4c20, 0xb5e0f1d2c3a49687};

namespace {

using StatePtr = std::shared_ptr<CompiledState>;
using Requests = std::vector<std::shared_ptr<RequestState>>;

constexpr uint32_t kMaxRequests = 4096;

std::string text_argument(Napi::Value value, const char* what) {
    if (!value.IsString()) throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + what);
    return value.As<Napi::String>().Utf8Value();
}

Requests make_requests(const StatePtr& state, uint32_t count) {
    return with_engine_log("OV_COMPILE", [&] {
        Requests requests;
        requests.reserve(count);
        for (uint32_t i = 0; i < count; ++i) requests.push_back(std::make_shared<RequestState>(state));
        return requests;
    });
}

Napi::Value requests_to_js(Napi::Env env, Requests& requests) {
    Napi::Array array = Napi::Array::New(env, requests.size());
    for (size_t i = 0; i < requests.size(); ++i)
        array.Set(static_cast<uint32_t>(i), InferRequest::wrap(env, std::move(requests[i])));
    return array;
}

uint32_t request_count(Napi::Value value) {
    const double count = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
    if (!(count >= 1 && count <= kMaxRequests)) throw NativeError("NATIVE_ARGUMENT", "expected a number of requests");
    return static_cast<uint32_t>(count);
}

// Reads the file, or copies the bytes, so that nothing of JavaScript's is needed afterwards.
std::function<std::shared_ptr<MemoryBlock>()> blob_source(Napi::Env env, Napi::Value value) {
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected { path } or { bytes }");
    Napi::Object source = value.As<Napi::Object>();
    if (source.Has("path")) {
        return [path = text_argument(source.Get("path"), "a path")] { return read_file(path); };
    }
    TypedView view;
    if (!typed_view_of(env, source.Get("bytes"), view)) throw NativeError("NATIVE_ARGUMENT", "expected { path } or { bytes }");
    auto block = MemoryBlock::allocate(view.bytes, false);
    if (view.bytes != 0) std::memcpy(block->data(), view.data, view.bytes);
    return [block] { return block; };
}

std::function<StatePtr()> compile_call(const Napi::CallbackInfo& info) {
    auto lease = unwrap<Model>(info.Env(), info[0], "Model").lease();
    return [lease = std::move(lease), device = text_argument(info[1], "a device name"),
            properties = properties_from_js(info[2])] { return compile(lease.model(), device, properties); };
}

std::function<StatePtr()> import_call(const Napi::CallbackInfo& info) {
    return [source = blob_source(info.Env(), info[0]), device = text_argument(info[1], "a device name"),
            properties = properties_from_js(info[2])] { return import_blob(source(), device, properties); };
}

template <std::function<StatePtr()> (*Call)(const Napi::CallbackInfo&)>
Napi::Value in_background(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] {
        return BackgroundTask<StatePtr>::start(
            info.Env(), "OV_COMPILE", Call(info),
            [](Napi::Env env, StatePtr& state) -> Napi::Value { return CompiledModel::wrap(env, std::move(state)); });
    });
}

template <std::function<StatePtr()> (*Call)(const Napi::CallbackInfo&)>
Napi::Value at_once(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&]() -> Napi::Value { return CompiledModel::wrap(info.Env(), Call(info)()); });
}

}  // namespace

void CompiledModel::init(Napi::Env env, Napi::Object exports) {
    InferRequest::init(env);
    Environment::of(env).keep_constructor(
        kTag,
        DefineClass(
            env, "CompiledModel",
            {InstanceMethod<&CompiledModel::inputs>("inputs"), InstanceMethod<&CompiledModel::outputs>("outputs"),
             InstanceMethod<&CompiledModel::get_property>("getProperty"),
             InstanceMethod<&CompiledModel::set_properties>("setProperties"),
             InstanceMethod<&CompiledModel::runtime_graph>("runtimeGraph"), InstanceMethod<&CompiledModel::export_to>("exportTo"),
             InstanceMethod<&CompiledModel::export_bytes>("exportBytes"),
             InstanceMethod<&CompiledModel::compile_again>("compileAgain"),
             InstanceMethod<&CompiledModel::create_requests>("createRequests"),
             InstanceMethod<&CompiledModel::create_requests_sync>("createRequestsSync"),
             InstanceMethod<&CompiledModel::release_memory>("releaseMemory"), InstanceMethod<&CompiledModel::close>("close")}));
    exports.Set("compileModel", Napi::Function::New<in_background<compile_call>>(env, "compileModel"));
    exports.Set("compileModelSync", Napi::Function::New<at_once<compile_call>>(env, "compileModelSync"));
    exports.Set("importModel", Napi::Function::New<in_background<import_call>>(env, "importModel"));
    exports.Set("importModelSync", Napi::Function::New<at_once<import_call>>(env, "importModelSync"));
}

Napi::Object CompiledModel::wrap(Napi::Env env, StatePtr state) {
    return Environment::of(env).constructor(kTag).New({Napi::External<StatePtr>::New(env, &state)});
}

CompiledModel::CompiledModel(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CompiledModel>(info) {
    Napi::Env env = info.Env();
    guarded(env, "NATIVE_ARGUMENT", [&] {
        if (!info[0].IsExternal())
            throw NativeError("NATIVE_ARGUMENT", "compiled models are made by compileModel() and importModel()");
        tag<CompiledModel>(env, info.This().As<Napi::Object>());
        state_ = std::move(*info[0].As<Napi::External<StatePtr>>().Data());
        reported_bytes_ = state_->external_bytes;
        Napi::MemoryManagement::AdjustExternalMemory(env, reported_bytes_);
    });
}

CompiledModel::~CompiledModel() {
    Napi::MemoryManagement::AdjustExternalMemory(Env(), -reported_bytes_);
}

const StatePtr& CompiledModel::open_state() const {
    if (!state_) throw NativeError("NATIVE_CLOSED", "the compiled model was closed");
    return state_;
}

Napi::Value CompiledModel::inputs(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] { return ports_to_js(info.Env(), open_state()->model.inputs()); });
}

Napi::Value CompiledModel::outputs(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] { return ports_to_js(info.Env(), open_state()->model.outputs()); });
}

Napi::Value CompiledModel::get_property(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_PROPERTY", [&] {
        const std::string name = text_argument(info[0], "a property name");
        return any_to_js(info.Env(), with_engine_log("OV_PROPERTY", [&] { return open_state()->model.get_property(name); }));
    });
}

void CompiledModel::set_properties(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_PROPERTY", [&] { open_state()->model.set_property(properties_from_js(info[0])); });
}

Napi::Value CompiledModel::runtime_graph(const Napi::CallbackInfo& info) {
    using Graph = std::shared_ptr<const ov::Model>;
    return guarded(info.Env(), "OV_COMPILE", [&] {
        return BackgroundTask<Graph>::start(
            info.Env(), "OV_COMPILE", [state = open_state()] { return state->model.get_runtime_model(); },
            [](Napi::Env env, Graph& graph) { return runtime_graph_to_js(env, *graph); });
    });
}

Napi::Value CompiledModel::export_to(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_EXPORT", [&] {
        return start_void_task(info.Env(), "OV_EXPORT",
                               [state = open_state(), path = text_argument(info[0], "a path")] { export_to_file(*state, path); });
    });
}

Napi::Value CompiledModel::export_bytes(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_EXPORT", [&] {
        return BackgroundTask<std::string>::start(
            info.Env(), "OV_EXPORT", [state = open_state()] { return export_to_string(*state); },
            [](Napi::Env env, std::string& bytes) -> Napi::Value {
                Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes.size());
                std::memcpy(buffer.Data(), bytes.data(), bytes.size());
                return buffer;
            });
    });
}

Napi::Value CompiledModel::compile_again(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] {
        const double at_most = info[2].IsNumber() ? info[2].As<Napi::Number>().DoubleValue() : -1;
        if (!(at_most >= 0)) throw NativeError("NATIVE_ARGUMENT", "expected a number of bytes");
        return BackgroundTask<StatePtr>::start(
            info.Env(), "OV_COMPILE",
            [state = open_state(), device = text_argument(info[0], "a device name"), properties = properties_from_js(info[1]),
             at_most = static_cast<size_t>(at_most)] {
                return enginery::openvino::compile_again(*state, device, properties, at_most);
            },
            [](Napi::Env env, StatePtr& state) -> Napi::Value {
                if (!state) return env.Null();
                return CompiledModel::wrap(env, std::move(state));
            });
    });
}

Napi::Value CompiledModel::create_requests(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] {
        return BackgroundTask<Requests>::start(
            info.Env(), "OV_COMPILE",
            [state = open_state(), count = request_count(info[0])] { return make_requests(state, count); }, requests_to_js);
    });
}

Napi::Value CompiledModel::create_requests_sync(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] {
        Requests requests = make_requests(open_state(), request_count(info[0]));
        return requests_to_js(info.Env(), requests);
    });
}

Napi::Value CompiledModel::release_memory(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] {
        return start_void_task(info.Env(), "OV_COMPILE", [state = open_state()] { state->model.release_memory(); });
    });
}

Napi::Value CompiledModel::close(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_COMPILE", [&] {
        Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -std::exchange(reported_bytes_, 0));
        // Destroying a compiled model joins the engine's threads: not here.
        return start_void_task(info.Env(), "OV_COMPILE", [state = std::exchange(state_, nullptr)]() mutable { state.reset(); });
    });
}

}  // namespace enginery::openvino

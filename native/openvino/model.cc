#include "model.h"

#include <functional>
#include <openvino/core/model.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../shared/background_task.h"
#include "../shared/environment.h"
#include "../shared/js_error.h"
#include "../shared/type_tag.h"
#include "log_capture.h"
#include "model_changes.h"
#include "model_operations.h"
#include "model_reader.h"
#include "port.h"
#include "preprocess.h"
#include "property_value.h"

namespace enginery::openvino {

const napi_type_tag Model::kTag = {0x51c9a7e2b0d34f68, 0x8e7f1a2b3c4d5e60};

namespace {

using StatePtr = std::shared_ptr<ModelState>;
constexpr auto kChange = ModelLease::Use::change;

std::string text_argument(Napi::Value value, const char* what) {
    if (!value.IsString()) throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + what);
    return value.As<Napi::String>().Utf8Value();
}

std::vector<std::string> path_argument(Napi::Value value) {
    if (!value.IsArray()) throw NativeError("NATIVE_ARGUMENT", "expected a path of names");
    Napi::Array array = value.As<Napi::Array>();
    std::vector<std::string> path;
    for (uint32_t i = 0; i < array.Length(); ++i) path.push_back(text_argument(array.Get(i), "a name"));
    return path;
}

ShapesByName shapes_argument(Napi::Value value) {
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected shapes by input name");
    Napi::Object object = value.As<Napi::Object>();
    Napi::Array names = object.GetPropertyNames();
    ShapesByName shapes;
    for (uint32_t i = 0; i < names.Length(); ++i) {
        shapes[names.Get(i).As<Napi::String>().Utf8Value()] = partial_shape_from_js(object.Get(names.Get(i)));
    }
    return shapes;
}

// The text of a tensor's name, or an operation and the index of its output.
struct OutputPlace {
    std::string name;
    bool is_operation = false;
    size_t index = 0;
};

OutputPlace place_argument(Napi::Value value) {
    if (value.IsString()) return {value.As<Napi::String>().Utf8Value()};
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected a tensor name or { operation, index }");
    Napi::Object place = value.As<Napi::Object>();
    if (!place.Get("index").IsNumber()) throw NativeError("NATIVE_ARGUMENT", "expected the index of an output");
    return {text_argument(place.Get("operation"), "an operation name"), true,
            place.Get("index").As<Napi::Number>().Uint32Value()};
}

// The value at a path of runtime information; null where nothing is.
const ov::Any* find_rt_info(const ov::Model& model, const std::vector<std::string>& path) {
    try {
        return model.has_rt_info(path) ? &model.get_rt_info<ov::Any>(path) : nullptr;
    } catch (const ov::Exception&) {
        return nullptr;  // the path goes on below a value that is no map
    }
}

// A change of the model on a thread. The lease ends with the promise rather than with the change, so
// that a call made in between is refused every time and not as the threads happen to run.
Napi::Value change_in_background(Napi::Env env, const char* failure_code, const ModelLease& held,
                                 std::function<void(const ModelLease&)> change) {
    return BackgroundTask<Nothing>::start(
        env, failure_code,
        [held, change = std::move(change)] {
            change(held);
            return Nothing{};
        },
        [held](Napi::Env env, Nothing&) { return env.Undefined(); });
}

Napi::Value read_model(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_READ", [&] {
        return BackgroundTask<StatePtr>::start(
            info.Env(), "OV_READ", model_reader(info.Env(), info[0]),
            [](Napi::Env env, StatePtr& state) -> Napi::Value { return Model::wrap(env, std::move(state)); });
    });
}

Napi::Value read_model_sync(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_READ",
                   [&]() -> Napi::Value { return Model::wrap(info.Env(), model_reader(info.Env(), info[0])()); });
}

}  // namespace

void Model::init(Napi::Env env, Napi::Object exports) {
    Environment::of(env).keep_constructor(
        kTag, DefineClass(env, "Model",
                          {checked_accessor<Model, &Model::name>("name"), InstanceMethod<&Model::inputs>("inputs"),
                           InstanceMethod<&Model::outputs>("outputs"), InstanceMethod<&Model::operations>("operations"),
                           InstanceMethod<&Model::reshape>("reshape"), InstanceMethod<&Model::reshape_sync>("reshapeSync"),
                           InstanceMethod<&Model::set_batch>("setBatch"), InstanceMethod<&Model::add_output>("addOutput"),
                           InstanceMethod<&Model::rt_info>("rtInfo"), InstanceMethod<&Model::set_rt_info>("setRtInfo"),
                           InstanceMethod<&Model::preprocess>("preprocess"), InstanceMethod<&Model::clone>("clone"),
                           InstanceMethod<&Model::serialize>("serialize"), InstanceMethod<&Model::close>("close")}));
    exports.Set("readModel", Napi::Function::New<read_model>(env, "readModel"));
    exports.Set("readModelSync", Napi::Function::New<read_model_sync>(env, "readModelSync"));
}

Napi::Object Model::wrap(Napi::Env env, StatePtr state) {
    return Environment::of(env).constructor(kTag).New({Napi::External<StatePtr>::New(env, &state)});
}

Model::Model(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Model>(info) {
    guarded(info.Env(), "NATIVE_ARGUMENT", [&] {
        if (!info[0].IsExternal()) throw NativeError("NATIVE_ARGUMENT", "models are made by readModel()");
        tag<Model>(info.Env(), info.This().As<Napi::Object>());
        state_ = std::move(*info[0].As<Napi::External<StatePtr>>().Data());
        Napi::MemoryManagement::AdjustExternalMemory(info.Env(), state_->constant_bytes);
    });
}

Model::~Model() {
    drop_state();
}

ModelLease Model::lease(ModelLease::Use use) const {
    if (!state_) throw NativeError("NATIVE_CLOSED", "the model was closed");
    return ModelLease(state_, use);
}

// A running call keeps the model until it ends.
void Model::drop_state() {
    if (!state_) return;
    Napi::MemoryManagement::AdjustExternalMemory(Env(), -state_->constant_bytes);
    state_.reset();
}

Napi::Value Model::name(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL",
                   [&]() -> Napi::Value { return Napi::String::New(info.Env(), lease().model()->get_friendly_name()); });
}

Napi::Value Model::inputs(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        const ModelLease held = lease();
        return ports_to_js(info.Env(), std::as_const(*held.model()).inputs());
    });
}

Napi::Value Model::outputs(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        const ModelLease held = lease();
        return ports_to_js(info.Env(), std::as_const(*held.model()).outputs());
    });
}

Napi::Value Model::operations(const Napi::CallbackInfo& info) {
    using Operations = std::vector<OperationDescription>;
    return guarded(info.Env(), "OV_MODEL", [&] {
        return BackgroundTask<Operations>::start(
            info.Env(), "OV_MODEL", [held = lease()] { return describe_operations(*held.model()); }, operations_to_js);
    });
}

Napi::Value Model::reshape(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        const ShapesByName shapes = shapes_argument(info[0]);
        return change_in_background(info.Env(), "OV_MODEL", lease(kChange),
                                    [shapes](const ModelLease& held) { held.replace(reshaped(*held.model(), shapes)); });
    });
}

void Model::reshape_sync(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_MODEL", [&] {
        const ShapesByName shapes = shapes_argument(info[0]);
        const ModelLease held = lease(kChange);
        held.replace(reshaped(*held.model(), shapes));
    });
}

Napi::Value Model::set_batch(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        if (!info[0].IsNumber()) throw NativeError("NATIVE_ARGUMENT", "expected a batch size");
        const int64_t batch = info[0].As<Napi::Number>().Int64Value();
        return change_in_background(info.Env(), "OV_MODEL", lease(kChange),
                                    [batch](const ModelLease& held) { held.replace(with_batch(*held.model(), batch)); });
    });
}

Napi::Value Model::add_output(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&]() -> Napi::Value {
        const OutputPlace place = place_argument(info[0]);
        const ModelLease held = lease(kChange);
        const ov::Output<ov::Node> added = with_engine_log("OV_MODEL", [&] {
            return place.is_operation ? held.model()->add_output(place.name, place.index) : held.model()->add_output(place.name);
        });
        return port_to_js(info.Env(), added);
    });
}

Napi::Value Model::rt_info(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&]() -> Napi::Value {
        const auto path = path_argument(info[0]);
        const ModelLease held = lease();
        if (path.empty()) return any_to_js(info.Env(), held.model()->get_rt_info());
        const ov::Any* value = find_rt_info(*held.model(), path);
        return value == nullptr ? info.Env().Undefined() : any_to_js(info.Env(), *value);
    });
}

void Model::set_rt_info(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_MODEL", [&] {
        const auto path = path_argument(info[0]);
        if (path.empty()) throw NativeError("NATIVE_ARGUMENT", "expected a path of at least one name");
        const ov::Any value = property_from_js(info[1]);
        const ModelLease held = lease(kChange);
        held.model()->set_rt_info(value, path);
    });
}

Napi::Value Model::preprocess(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_PREPROCESS", [&] {
        const PreprocessDescription description = preprocess_from_js(info[0]);
        return change_in_background(info.Env(), "OV_PREPROCESS", lease(kChange), [description](const ModelLease& held) {
            held.replace(apply_preprocess(*held.model(), description));
        });
    });
}

Napi::Value Model::clone(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        return BackgroundTask<StatePtr>::start(
            info.Env(), "OV_MODEL", [held = lease()] { return std::make_shared<ModelState>(held.model()->clone()); },
            [](Napi::Env env, StatePtr& state) -> Napi::Value { return Model::wrap(env, std::move(state)); });
    });
}

Napi::Value Model::serialize(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        const std::string xml = text_argument(info[0], "the path of the .xml");
        const std::string bin = text_argument(info[1], "the path of the .bin");
        return change_in_background(info.Env(), "OV_MODEL", lease(kChange),
                                    [xml, bin](const ModelLease& held) { openvino::serialize(held.model(), xml, bin); });
    });
}

void Model::close(const Napi::CallbackInfo&) {
    drop_state();
}

}  // namespace enginery::openvino

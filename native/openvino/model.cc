#include "model.h"

#include <map>
#include <openvino/core/layout.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/openvino.hpp>
#include <openvino/pass/serialize.hpp>
#include <string>
#include <vector>

#include "../shared/background_task.h"
#include "../shared/environment.h"
#include "../shared/type_tag.h"
#include "element_type.h"
#include "log_capture.h"
#include "model_reader.h"
#include "port.h"
#include "preprocess.h"
#include "property_value.h"

namespace enginery::openvino {

const napi_type_tag Model::kTag = {0x51c9a7e2b0d34f68, 0x8e7f1a2b3c4d5e60};

namespace {

using ModelPtr = std::shared_ptr<ov::Model>;
using Shapes = std::map<std::string, ov::PartialShape>;

std::string text_argument(Napi::Value value, const char* what) {
    if (!value.IsString()) throw NativeError("NATIVE_ARGUMENT", std::string("expected ") + what);
    return value.As<Napi::String>().Utf8Value();
}

std::vector<std::string> path_argument(Napi::Value value) {
    if (!value.IsArray()) throw NativeError("NATIVE_ARGUMENT", "expected a path of names");
    Napi::Array array = value.As<Napi::Array>();
    std::vector<std::string> path;
    for (uint32_t i = 0; i < array.Length(); ++i) path.push_back(text_argument(array.Get(i), "a name"));
    if (path.empty()) throw NativeError("NATIVE_ARGUMENT", "expected a path of names");
    return path;
}

Shapes shapes_argument(Napi::Value value) {
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected shapes by input name");
    Napi::Object object = value.As<Napi::Object>();
    Napi::Array names = object.GetPropertyNames();
    Shapes shapes;
    for (uint32_t i = 0; i < names.Length(); ++i) {
        shapes[names.Get(i).As<Napi::String>().Utf8Value()] = partial_shape_from_js(object.Get(names.Get(i)));
    }
    return shapes;
}

void reshape_model(const ModelLease& lease, const Shapes& shapes) {
    with_engine_log("OV_MODEL", [&] {
        // A reshape that fails half way leaves the model inconsistent: it is tried on a copy.
        ModelPtr copy = lease.model()->clone();
        std::map<ov::Output<ov::Node>, ov::PartialShape> by_port;
        for (auto& input : copy->inputs()) {
            for (const auto& [name, shape] : shapes) {
                if (input.get_names().count(name) != 0 || input.get_node()->get_friendly_name() == name) by_port[input] = shape;
            }
        }
        if (by_port.size() != shapes.size()) throw NativeError("OV_MODEL", "there is no input of that name");
        copy->reshape(by_port);
        lease.replace(std::move(copy));
    });
}

// The batch is the first dimension: of every input that has a layout with N, else of every input.
void set_batch_of(const ModelLease& lease, int64_t batch) {
    Shapes shapes;
    for (const auto& input : lease.model()->inputs()) {
        ov::PartialShape shape = input.get_partial_shape();
        const ov::Layout layout = ov::layout::get_layout(input);
        if (shape.rank().is_dynamic() || shape.size() == 0) throw NativeError("OV_MODEL", "an input has no dimensions to set a batch in");
        if (!layout.empty() && !ov::layout::has_batch(layout)) continue;
        const auto axis = layout.empty() ? 0 : ov::layout::batch_idx(layout);
        shape[axis < 0 ? static_cast<int64_t>(shape.size()) + axis : axis] = batch;
        shapes[port_name(input)] = shape;
    }
    if (shapes.empty()) throw NativeError("OV_MODEL", "no input has a batch dimension");
    reshape_model(lease, shapes);
}

Napi::Object operation_to_js(Napi::Env env, const ov::Node& op) {
    Napi::Array outputs = Napi::Array::New(env, op.get_output_size());
    for (size_t i = 0; i < op.get_output_size(); ++i) {
        Napi::Object output = Napi::Object::New(env);
        output.Set("type", element_type_name(op.get_output_element_type(i)));
        output.Set("shape", partial_shape_to_js(env, op.get_output_partial_shape(i)));
        outputs.Set(static_cast<uint32_t>(i), output);
    }
    const auto* constant = dynamic_cast<const ov::op::v0::Constant*>(&op);
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", op.get_friendly_name());
    object.Set("type", op.get_type_name());
    object.Set("version", op.get_type_info().version_id != nullptr ? op.get_type_info().version_id : "");
    object.Set("outputs", outputs);
    object.Set("constantBytes", constant != nullptr ? static_cast<double>(constant->get_byte_size()) : 0);
    return object;
}

}  // namespace

void Model::init(Napi::Env env, Napi::Object exports) {
    Environment::of(env).keep_constructor(
        kTag, DefineClass(env, "Model",
                          {InstanceAccessor<&Model::name>("name"), InstanceMethod<&Model::inputs>("inputs"), InstanceMethod<&Model::outputs>("outputs"),
                           InstanceMethod<&Model::operations>("operations"), InstanceMethod<&Model::reshape>("reshape"),
                           InstanceMethod<&Model::reshape_sync>("reshapeSync"), InstanceMethod<&Model::set_batch>("setBatch"),
                           InstanceMethod<&Model::add_output>("addOutput"), InstanceMethod<&Model::rt_info>("rtInfo"),
                           InstanceMethod<&Model::set_rt_info>("setRtInfo"), InstanceMethod<&Model::preprocess>("preprocess"),
                           InstanceMethod<&Model::clone>("clone"), InstanceMethod<&Model::serialize>("serialize"),
                           InstanceMethod<&Model::close>("close")}));
    exports.Set("readModel", Napi::Function::New(
                                 env,
                                 [](const Napi::CallbackInfo& info) {
                                     return guarded(info.Env(), "OV_READ", [&] {
                                         return BackgroundTask<ModelPtr>::start(
                                             info.Env(), "OV_READ", model_reader(info.Env(), info[0]),
                                             [](Napi::Env env, ModelPtr& model) -> Napi::Value { return Model::wrap(env, std::move(model)); });
                                     });
                                 },
                                 "readModel"));
    exports.Set("readModelSync", Napi::Function::New(
                                     env,
                                     [](const Napi::CallbackInfo& info) -> Napi::Value {
                                         return guarded(info.Env(), "OV_READ", [&]() -> Napi::Value {
                                             return Model::wrap(info.Env(), model_reader(info.Env(), info[0])());
                                         });
                                     },
                                     "readModelSync"));
}

Napi::Object Model::wrap(Napi::Env env, ModelPtr model) {
    return Environment::of(env).constructor(kTag).New({Napi::External<ModelPtr>::New(env, &model)});
}

Model::Model(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Model>(info) {
    guarded(info.Env(), "NATIVE_ARGUMENT", [&] {
        if (!info[0].IsExternal()) throw NativeError("NATIVE_ARGUMENT", "models are made by readModel()");
        tag<Model>(info.Env(), info.This().As<Napi::Object>());
        state_ = std::make_shared<ModelState>();
        state_->model = std::move(*info[0].As<Napi::External<ModelPtr>>().Data());
    });
}

ModelLease Model::lease() const {
    if (!state_) throw NativeError("NATIVE_CLOSED", "the model was closed");
    return ModelLease(state_);
}

Napi::Value Model::name(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&]() -> Napi::Value { return Napi::String::New(info.Env(), lease().model()->get_friendly_name()); });
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
    using Ops = ov::NodeVector;
    return guarded(info.Env(), "OV_MODEL", [&] {
        return BackgroundTask<Ops>::start(
            info.Env(), "OV_MODEL", [held = lease()] { return held.model()->get_ordered_ops(); },
            [](Napi::Env env, Ops& ops) -> Napi::Value {
                Napi::Array array = Napi::Array::New(env, ops.size());
                for (size_t i = 0; i < ops.size(); ++i) array.Set(static_cast<uint32_t>(i), operation_to_js(env, *ops[i]));
                return array;
            });
    });
}

Napi::Value Model::reshape(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        return start_void_task(info.Env(), "OV_MODEL", [held = lease(), shapes = shapes_argument(info[0])] { reshape_model(held, shapes); });
    });
}

void Model::reshape_sync(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_MODEL", [&] { reshape_model(lease(), shapes_argument(info[0])); });
}

Napi::Value Model::set_batch(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        if (!info[0].IsNumber()) throw NativeError("NATIVE_ARGUMENT", "expected a batch size");
        const int64_t batch = info[0].As<Napi::Number>().Int64Value();
        return start_void_task(info.Env(), "OV_MODEL", [held = lease(), batch] { set_batch_of(held, batch); });
    });
}

Napi::Value Model::add_output(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&]() -> Napi::Value {
        const ModelLease held = lease();
        const ov::Output<ov::Node> added = with_engine_log("OV_MODEL", [&] {
            if (info[0].IsString()) return held.model()->add_output(info[0].As<Napi::String>().Utf8Value());
            if (!info[0].IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected a tensor name or { operation, index }");
            Napi::Object place = info[0].As<Napi::Object>();
            return held.model()->add_output(text_argument(place.Get("operation"), "an operation name"), place.Get("index").ToNumber().Uint32Value());
        });
        return port_to_js(info.Env(), added);
    });
}

Napi::Value Model::rt_info(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&]() -> Napi::Value {
        const ModelLease held = lease();
        const auto path = path_argument(info[0]);
        if (!held.model()->has_rt_info(path)) return info.Env().Undefined();
        return any_to_js(info.Env(), held.model()->get_rt_info<ov::Any>(path));
    });
}

void Model::set_rt_info(const Napi::CallbackInfo& info) {
    guarded(info.Env(), "OV_MODEL", [&] {
        const ModelLease held = lease();
        held.model()->set_rt_info(property_from_js(info[1]), path_argument(info[0]));
    });
}

Napi::Value Model::preprocess(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_PREPROCESS", [&] {
        return start_void_task(info.Env(), "OV_PREPROCESS", [held = lease(), description = preprocess_from_js(info[0])] {
            held.replace(with_engine_log("OV_PREPROCESS", [&] { return apply_preprocess(*held.model(), description); }));
        });
    });
}

Napi::Value Model::clone(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        return BackgroundTask<ModelPtr>::start(
            info.Env(), "OV_MODEL", [held = lease()] { return held.model()->clone(); },
            [](Napi::Env env, ModelPtr& model) -> Napi::Value { return Model::wrap(env, std::move(model)); });
    });
}

Napi::Value Model::serialize(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), "OV_MODEL", [&] {
        return start_void_task(info.Env(), "OV_MODEL",
                               [held = lease(), xml = text_argument(info[0], "the path of the .xml"), bin = text_argument(info[1], "the path of the .bin")] {
                                   with_engine_log("OV_MODEL", [&] { ov::pass::Serialize(xml, bin).run_on_model(held.model()); });
                               });
    });
}

void Model::close(const Napi::CallbackInfo&) {
    state_.reset();
}

}  // namespace enginery::openvino

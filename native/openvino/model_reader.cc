#include "model_reader.h"

#include <cstring>
#include <openvino/runtime/core.hpp>
#include <string>
#include <utility>

#include "../shared/blob_file.h"
#include "../shared/native_error.h"
#include "../shared/typed_view.h"
#include "core.h"
#include "freed_memory.h"
#include "log_capture.h"
#include "model_guard/model_guard.h"
#include "model_operations.h"
#include "string_repairs.h"

namespace enginery::openvino {
namespace {

using ModelPtr = std::shared_ptr<ov::Model>;

std::string optional_text(Napi::Value value) {
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

TypedView view_of(Napi::Env env, Napi::Value value) {
    TypedView view;
    if (!typed_view_of(env, value, view)) throw NativeError("NATIVE_ARGUMENT", "expected { path } or { bytes, format }");
    return view;
}

// Constants of the model may point into this tensor for as long as the model lives.
ov::Tensor copied_weights(Napi::Env env, Napi::Value value) {
    if (value.IsUndefined()) return {};
    const TypedView view = view_of(env, value);
    if (view.bytes == 0) return {};
    ov::Tensor weights(ov::element::u8, ov::Shape{view.bytes});
    std::memcpy(weights.data(), view.data, view.bytes);
    return weights;
}

// Some damaged files do not make OpenVINO throw but end the process.
void refuse_damaged(const std::string& reason) {
    if (!reason.empty()) throw NativeError("OV_MODEL_BYTES", reason);
}

ModelPtr read_path(const std::string& path, const std::string& weights) {
    require_readable(path);
    if (!weights.empty()) require_readable(weights);
    refuse_damaged(model_guard::validate_model_file(path));
    return with_engine_log("OV_READ", [&] { return process_core().read_model(path, weights); });
}

// A SavedModel begins with its schema version, a GraphDef with a node.
bool is_saved_model(const std::string& bytes) {
    return bytes[0] == 0x08;
}

ModelPtr read_bytes(const std::string& bytes, const ov::Tensor& weights, const std::string& format) {
    if (bytes.empty()) throw NativeError("OV_MODEL_BYTES", "there are no bytes");
    // These frontends read nothing but files.
    if (format == "tflite") return read_path(TemporaryFile(bytes, "model.tflite").path(), "");
    if (format == "tensorflow") {
        const bool in_folder = is_saved_model(bytes);
        const TemporaryFile file(bytes, in_folder ? "saved_model.pb" : "model.pb");
        return read_path(in_folder ? file.folder() : file.path(), "");
    }
    const std::string name = format == "paddle" ? "model.pdmodel" : "model." + format;
    refuse_damaged(
        model_guard::validate_model_bytes(model_guard::format_of(bytes.data(), bytes.size(), name), bytes.data(), bytes.size()));
    return with_engine_log("OV_READ", [&] { return process_core().read_model(bytes, weights); });
}

std::shared_ptr<ModelState> state_of(ModelPtr model) {
    with_engine_log("OV_READ", [&] { repair_strings(*model); });
    const int64_t bytes = constant_bytes(*model);
    return_freed_memory(bytes);
    return std::make_shared<ModelState>(std::move(model), bytes);
}

}  // namespace

std::function<std::shared_ptr<ModelState>()> model_reader(Napi::Env env, Napi::Value value) {
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected { path } or { bytes, format }");
    Napi::Object source = value.As<Napi::Object>();
    if (source.Get("path").IsString()) {
        return [path = optional_text(source.Get("path")), weights = optional_text(source.Get("weightsPath"))] {
            return state_of(read_path(path, weights));
        };
    }
    const TypedView view = view_of(env, source.Get("bytes"));
    std::string bytes(static_cast<const char*>(view.data), view.bytes);
    return [bytes = std::move(bytes), weights = copied_weights(env, source.Get("weights")),
            format = optional_text(source.Get("format"))] { return state_of(read_bytes(bytes, weights, format)); };
}

}  // namespace enginery::openvino

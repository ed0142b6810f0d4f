#include "model_reader.h"

#include <cstring>
#include <openvino/runtime/core.hpp>
#include <string>
#include <utility>

#include "../shared/blob_file.h"
#include "../shared/memory_pool.h"
#include "../shared/native_error.h"
#include "core.h"
#include "log_capture.h"
#include "typed_view.h"

namespace enginery::openvino {
namespace {

using Block = std::shared_ptr<MemoryBlock>;
using ModelPtr = std::shared_ptr<ov::Model>;

std::string optional_text(Napi::Value value) {
    return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

Block copied_bytes(Napi::Env env, Napi::Value value) {
    TypedView view;
    if (!typed_view_of(env, value, view)) throw NativeError("NATIVE_ARGUMENT", "expected { path } or { bytes, format }");
    Block block = MemoryBlock::allocate(view.bytes, false);
    if (view.bytes != 0) std::memcpy(block->data(), view.data, view.bytes);
    return block;
}

ModelPtr read_path(const std::string& path, const std::string& weights) {
    require_readable(path);
    return with_engine_log("OV_READ", [&] { return process_core().read_model(path, weights); });
}

ModelPtr read_bytes(const Block& bytes, const Block& weights, const std::string& format) {
    if (bytes->size() == 0) throw NativeError("OV_MODEL_BYTES", "there are no bytes");
    // The TensorFlow frontends read files only.
    if (format == "tflite" || format == "tensorflow") {
        const TemporaryFile file(*bytes, format == "tflite" ? ".tflite" : ".pb");
        return read_path(file.path(), "");
    }
    return with_engine_log("OV_READ", [&] {
        const std::string text(static_cast<const char*>(bytes->data()), bytes->size());
        ov::Tensor tensor;
        if (weights && weights->size() != 0) {
            // Constants of the model may point into this tensor for as long as the model lives.
            tensor = ov::Tensor(ov::element::u8, ov::Shape{weights->size()});
            std::memcpy(tensor.data(), weights->data(), weights->size());
        }
        return process_core().read_model(text, tensor);
    });
}

}  // namespace

std::function<ModelPtr()> model_reader(Napi::Env env, Napi::Value value) {
    if (!value.IsObject()) throw NativeError("NATIVE_ARGUMENT", "expected { path } or { bytes, format }");
    Napi::Object source = value.As<Napi::Object>();
    if (source.Get("path").IsString()) {
        return [path = optional_text(source.Get("path")), weights = optional_text(source.Get("weightsPath"))] { return read_path(path, weights); };
    }
    Block weights = source.Get("weights").IsUndefined() ? nullptr : copied_bytes(env, source.Get("weights"));
    return [bytes = copied_bytes(env, source.Get("bytes")), weights = std::move(weights), format = optional_text(source.Get("format"))] {
        return read_bytes(bytes, weights, format);
    };
}

}  // namespace enginery::openvino

#include "compile.h"

#include <cstring>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/infer_request.hpp>
#include <ostream>
#include <sstream>
#include <utility>

#include "../shared/background_work.h"
#include "../shared/blob_file.h"
#include "../shared/native_error.h"
#include "core.h"
#include "freed_memory.h"
#include "log_capture.h"
#include "model_operations.h"

namespace enginery::openvino {
namespace {

void export_to(const CompiledState& state, std::ostream& stream) {
    with_engine_log("OV_EXPORT", [&] {
        // export_model is not const in OpenVINO's API, though it changes nothing.
        ov::CompiledModel model = state.model;
        model.export_model(stream);
    });
}

}  // namespace

std::shared_ptr<CompiledState> compile(const std::shared_ptr<const ov::Model>& model, const std::string& device,
                                       const ov::AnyMap& properties) {
    auto state = with_engine_log("OV_COMPILE", [&] {
        const int64_t bytes = constant_bytes(*model);
        return CompiledState::of(process_core().compile_model(model, device, properties), nullptr, bytes);
    });
    return_freed_memory(state->external_bytes);
    BackgroundWork::guard_exit();
    return state;
}

std::shared_ptr<CompiledState> import_blob(std::shared_ptr<MemoryBlock> bytes, const std::string& device,
                                           const ov::AnyMap& properties) {
    auto state = with_engine_log("OV_IMPORT", [&] {
        if (bytes->size() == 0) throw NativeError("OV_IMPORT", "the file is empty");
        const ov::Tensor blob(ov::element::u8, ov::Shape{bytes->size()}, bytes->data());
        const auto size = static_cast<int64_t>(bytes->size());
        ov::CompiledModel model = process_core().import_model(blob, device, properties);
        return CompiledState::of(std::move(model), std::move(bytes), size);
    });
    BackgroundWork::guard_exit();
    return state;
}

std::shared_ptr<CompiledState> compile_again(const CompiledState& state, const std::string& device, const ov::AnyMap& properties,
                                             size_t at_most) {
    if (state.external_bytes < 0 || static_cast<size_t>(state.external_bytes) > at_most) return nullptr;
    const bool has_memory = with_engine_log("OV_COMPILE", [&] {
        ov::CompiledModel model = state.model;
        return !model.create_infer_request().query_state().empty();
    });
    if (has_memory) return nullptr;
    const std::string bytes = export_to_string(state);
    if (bytes.size() > at_most) return nullptr;
    auto block = MemoryBlock::allocate(bytes.size(), false);
    std::memcpy(block->data(), bytes.data(), bytes.size());
    return import_blob(std::move(block), device, properties);
}

void export_to_file(const CompiledState& state, const std::string& path) {
    FileWriter writer(path);
    std::ostream stream(&writer);
    try {
        export_to(state, stream);
    } catch (...) {
        // A full disk makes OpenVINO complain of its stream: the system's reason says more.
        if (writer.failed()) writer.finish();
        throw;
    }
    writer.finish();
}

std::string export_to_string(const CompiledState& state) {
    std::ostringstream stream;
    export_to(state, stream);
    return std::move(stream).str();
}

}  // namespace enginery::openvino

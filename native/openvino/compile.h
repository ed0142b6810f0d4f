#pragma once

#include <memory>
#include <openvino/runtime/properties.hpp>
#include <string>

#include "../shared/memory_pool.h"
#include "compiled_state.h"

namespace enginery::openvino {

// All run on any thread and throw NativeError with OpenVINO's own log lines attached.
std::shared_ptr<CompiledState> compile(const std::shared_ptr<const ov::Model>& model, const std::string& device,
                                       const ov::AnyMap& properties);
std::shared_ptr<CompiledState> import_blob(std::shared_ptr<MemoryBlock> bytes, const std::string& device,
                                           const ov::AnyMap& properties);

// The same engine once more, with other properties, without the model. Null where its bytes are more than `at_most`, and
// where it keeps values from one inference to the next, which the two would not share.
std::shared_ptr<CompiledState> compile_again(const CompiledState& state, const std::string& device, const ov::AnyMap& properties,
                                             size_t at_most);

// Writes OpenVINO's bytes and flushes them to disk.
void export_to_file(const CompiledState& state, const std::string& path);
std::string export_to_string(const CompiledState& state);

}  // namespace enginery::openvino

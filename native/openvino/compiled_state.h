#pragma once

#include <openvino/runtime/compiled_model.hpp>

#include <memory>
#include <string>
#include <vector>

#include "../shared/memory_pool.h"

namespace enginery::openvino {

// What the inference path needs to know of a port, computed once.
struct PortLayout {
    std::string name;
    ov::element::Type type;
    bool is_dynamic = false;
    bool is_string = false;
    // Of static ports only.
    ov::Shape shape;
    size_t byte_size = 0;
};

// A compiled model and everything that must outlive it. Shared by its JavaScript handle and its
// requests; the model is destroyed when the last of them is.
struct CompiledState {
    // Bytes that were imported: the plugin may keep pointers into them. Declared before the model,
    // so destroyed after it.
    std::shared_ptr<MemoryBlock> imported_bytes;
    ov::CompiledModel model;
    std::vector<PortLayout> inputs;
    std::vector<PortLayout> outputs;
    bool has_dynamic_output = false;
    // Rough size for V8's accounting: bytes of weights.
    int64_t external_bytes = 0;

    static std::shared_ptr<CompiledState> of(ov::CompiledModel model, std::shared_ptr<MemoryBlock> imported_bytes,
                                             int64_t external_bytes);
};

}  // namespace enginery::openvino

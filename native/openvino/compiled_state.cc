#include "compiled_state.h"

#include <utility>

#include "port.h"
#include "tensor_values.h"

namespace enginery::openvino {
namespace {

PortLayout layout_of(const ov::Output<const ov::Node>& port) {
    PortLayout layout;
    layout.name = port_name(port);
    layout.type = port.get_element_type();
    layout.is_string = layout.type == ov::element::string;
    layout.is_dynamic = port.get_partial_shape().is_dynamic();
    if (!layout.is_dynamic) {
        layout.shape = port.get_shape();
        layout.byte_size = byte_size_of(layout.type, layout.shape);
    }
    return layout;
}

}  // namespace

std::shared_ptr<CompiledState> CompiledState::of(ov::CompiledModel model, std::shared_ptr<MemoryBlock> imported_bytes,
                                                 int64_t external_bytes) {
    auto state = std::make_shared<CompiledState>();
    state->imported_bytes = std::move(imported_bytes);
    for (const auto& port : model.inputs()) state->inputs.push_back(layout_of(port));
    for (const auto& port : model.outputs()) {
        state->outputs.push_back(layout_of(port));
        state->has_dynamic_output = state->has_dynamic_output || state->outputs.back().is_dynamic;
    }
    state->external_bytes = external_bytes;
    state->model = std::move(model);
    return state;
}

}  // namespace enginery::openvino

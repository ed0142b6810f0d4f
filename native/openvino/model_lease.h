#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <openvino/core/model.hpp>
#include <utility>

namespace enginery::openvino {

// A model and who is using it. Any number of calls may read an ov::Model at once (OpenVINO compiles
// one on several threads), but none while another changes it.
struct ModelState {
    explicit ModelState(std::shared_ptr<ov::Model> model, int64_t constant_bytes = 0)
        : model(std::move(model)), constant_bytes(constant_bytes) {}

    std::shared_ptr<ov::Model> model;
    // Of weights that this handle brought into memory; clones share theirs.
    const int64_t constant_bytes;
    // Readers, or -1: somebody changes it.
    std::atomic<int> users{0};
};

// The right to use a model, for one call, on any thread.
class ModelLease {
public:
    enum class Use { read, change };

    // NATIVE_BUSY if a call that does not go together with this one is running.
    ModelLease(std::shared_ptr<ModelState> state, Use use);

    const std::shared_ptr<ov::Model>& model() const { return state_->model; }
    // Needs Use::change.
    void replace(std::shared_ptr<ov::Model> model) const { state_->model = std::move(model); }

private:
    std::shared_ptr<ModelState> state_;
    std::shared_ptr<void> release_;  // copies of a lease (std::function makes them) end it together
};

}  // namespace enginery::openvino

#include "model_lease.h"

#include "../shared/native_error.h"

namespace enginery::openvino {
namespace {

bool take(std::atomic<int>& users, ModelLease::Use use) {
    int seen = 0;
    if (use == ModelLease::Use::change) return users.compare_exchange_strong(seen, -1);
    seen = users.load();
    while (seen >= 0) {
        if (users.compare_exchange_weak(seen, seen + 1)) return true;
    }
    return false;
}

}  // namespace

ModelLease::ModelLease(std::shared_ptr<ModelState> state, Use use) : state_(std::move(state)) {
    if (!take(state_->users, use)) {
        throw NativeError("NATIVE_BUSY", use == Use::change
                                             ? "another call is using the model: await it before changing the model"
                                             : "another call is changing the model: await it first");
    }
    release_ = std::shared_ptr<void>(nullptr, [state = state_, use](void*) {
        if (use == Use::change) {
            state->users.store(0);
        } else {
            state->users.fetch_sub(1);
        }
    });
}

}  // namespace enginery::openvino

#pragma once

#include <napi.h>

#include <chrono>
#include <memory>
#include <openvino/runtime/infer_request.hpp>
#include <vector>

#include "../shared/completion_channel.h"
#include "../shared/environment.h"
#include "../shared/memory_pool.h"
#include "compiled_state.h"

namespace enginery::openvino {

// One OpenVINO inference request and the tensors bound to it.
//
// Inputs. Small data is copied into the request's own tensor: rebinding costs more than the copy.
// Larger data is bound where it lies (synchronous calls, and memory of ours). The request may then
// keep a pointer to memory that is gone after the call; every inference binds all its ports before
// it starts, so that pointer is never followed.
// Outputs. Small ones are copied into memory of V8's. Larger ones are written by the engine into a
// pooled block, another one for every inference, owned by whoever holds the result.
//
// All methods are for the JavaScript thread.
class RequestState : public Interruptible, public std::enable_shared_from_this<RequestState> {
public:
    explicit RequestState(std::shared_ptr<CompiledState> compiled);

    enum class Mode { synchronous, asynchronous };

    // These three throw Napi::Error or NativeError and leave the request idle and usable.
    void bind(Napi::Env env, Mode mode, napi_value inputs, napi_value shapes, napi_value outputs);
    void infer();
    void start(Napi::Env env, Napi::Function done);

    // Of the inference that has just finished: an entry per output (null where the caller gave the
    // memory), then a shape per output if any is dynamic.
    Napi::Array results(Napi::Env env);

    void cancel() { request_.cancel(); }
    void interrupt() noexcept override;
    void wait_until_idle() noexcept override;

    bool busy() const noexcept { return busy_; }
    // Of the inference that finished last, also while another runs.
    double latency_ms() const noexcept { return latency_ms_; }
    std::vector<ov::ProfilingInfo> profile() const { return request_.get_profiling_info(); }

private:
    class Done;

    struct Binding {
        ov::Tensor own;                      // the request's own tensor
        const void* foreign = nullptr;       // what is bound instead, if not null
        ov::Shape foreign_shape;             // of dynamic ports
        std::shared_ptr<MemoryBlock> block;  // memory of ours, held while in use
        bool from_caller = false;            // output memory that the caller passed in
    };

    void bind_input(Napi::Env env, Mode mode, size_t index, Napi::Value value, napi_value shapes);
    void bind_output(Napi::Env env, Mode mode, size_t index, napi_value outputs);
    void copy_strings(size_t index, Napi::Array strings, const ov::Shape& shape);
    void use_own_input(size_t index);
    void use_own_output(size_t index);
    Napi::Value output_value(Napi::Env env, size_t index);
    void hold_callback(Napi::Function done);
    void release_blocks() noexcept;
    void on_finished(std::exception_ptr failure) noexcept;
    void note_latency() noexcept;

    std::shared_ptr<CompiledState> compiled_;
    ov::InferRequest request_;
    std::vector<Binding> inputs_;
    std::vector<Binding> outputs_;
    Napi::FunctionReference done_;
    std::unique_ptr<Completion> pending_;
    std::shared_ptr<CompletionChannel> channel_;
    std::exception_ptr failure_;
    std::chrono::steady_clock::time_point started_{};
    std::chrono::steady_clock::time_point finished_{};
    double latency_ms_ = 0;
    bool busy_ = false;
};

}  // namespace enginery::openvino

#include "request_state.h"

#include <cstring>
#include <string>
#include <utility>

#include "../shared/background_work.h"
#include "../shared/js_error.h"
#include "../shared/native_memory.h"
#include "../shared/type_tag.h"
#include "../shared/typed_view.h"
#include "log_capture.h"
#include "tensor_values.h"

namespace enginery::openvino {
namespace {

// Below these sizes a copy is cheaper than binding a tensor (about 2 us) or wrapping a block.
constexpr size_t kCopyBelow = size_t{32} << 10;
constexpr size_t kCopyOutputBelow = size_t{64} << 10;

// Finalizers of external ArrayBuffers need a turn of the event loop, which a loop over synchronous
// calls never gives. Past this much, such calls get memory that V8 frees by itself.
constexpr size_t kMaxLiveBytesSync = size_t{256} << 20;

bool is_nullish(Napi::Value value) {
    return value.IsUndefined() || value.IsNull();
}

Napi::Value element_of(Napi::Env env, napi_value array, size_t index) {
    napi_value value = nullptr;
    if (napi_get_element(env, array, static_cast<uint32_t>(index), &value) != napi_ok) throw Napi::Error::New(env);
    return {env, value};
}

}  // namespace

// Crosses from the engine's thread to the JavaScript thread. Holds no reference: until complete()
// has run, or the environment has waited for the request, Environment keeps the state alive.
class RequestState::Done final : public Completion {
public:
    explicit Done(RequestState* state) : state_(state) {}

    void complete(Napi::Env env) override {
        auto state = state_->shared_from_this();
        Environment::of(env).remove_running(state);
        state->channel_->end_operation();
        state->busy_ = false;
        state->note_latency();
        Napi::Value error = env.Null();
        Napi::Value results = env.Null();
        try {
            if (state->failure_) std::rethrow_exception(std::exchange(state->failure_, nullptr));
            results = state->results(env);
        } catch (const Napi::Error& js) {
            error = js.Value();
        } catch (const NativeError& failure) {
            error = to_js_error(env, failure).Value();
        } catch (...) {
            error = to_js_error(env, engine_failure("OV_INFER", {})).Value();
        }
        state->release_blocks();
        Napi::Function done = state->done_.Value();
        // Weak from here on: the function closes over the engine that owns this request.
        state->done_.Unref();
        done.Call({error, results});
    }

private:
    RequestState* state_;
};

RequestState::RequestState(std::shared_ptr<CompiledState> compiled)
    : compiled_(std::move(compiled)),
      request_(compiled_->model.create_infer_request()),
      inputs_(compiled_->inputs.size()),
      outputs_(compiled_->outputs.size()) {
    for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i].own = request_.get_input_tensor(i);
    for (size_t i = 0; i < outputs_.size(); ++i) outputs_[i].own = request_.get_output_tensor(i);
    request_.set_callback([this](std::exception_ptr failure) { on_finished(std::move(failure)); });
}

void RequestState::bind(Napi::Env env, Mode mode, napi_value inputs, napi_value shapes, napi_value outputs) {
    if (busy_) throw NativeError("NATIVE_BUSY", "the request is running");
    // OpenVINO marks a request idle before its callback returns and touches it afterwards. Waiting
    // here (nearly always for nothing) keeps the next inference from overtaking that. wait() throws
    // the failure of the inference before, which its caller has heard of.
    wait_until_idle();
    // Elements of arrays may have getters, and those may come back here or close the request: refused, as while it runs.
    busy_ = true;
    try {
        for (size_t i = 0; i < inputs_.size(); ++i) bind_input(env, mode, i, element_of(env, inputs, i), shapes);
        for (size_t i = 0; i < outputs_.size(); ++i) bind_output(env, mode, i, outputs);
    } catch (...) {
        busy_ = false;
        release_blocks();
        throw;
    }
    busy_ = false;
}

void RequestState::bind_input(Napi::Env env, Mode mode, size_t index, Napi::Value value, napi_value shapes) {
    const PortLayout& port = compiled_->inputs[index];
    Binding& binding = inputs_[index];

    ov::Shape given_shape;
    if (port.is_dynamic) {
        Napi::Value given = shapes != nullptr ? element_of(env, shapes, index) : env.Undefined();
        if (!given.IsArray())
            throw NativeError("NATIVE_TENSOR", "input '" + port.name + "' has a dynamic shape: its shape must be given");
        given_shape = shape_from_js(given.As<Napi::Array>());
    }
    const ov::Shape& shape = port.is_dynamic ? given_shape : port.shape;

    if (port.is_string) {
        if (!value.IsArray()) throw NativeError("NATIVE_TENSOR", "input '" + port.name + "' expects an array of strings");
        copy_strings(index, value.As<Napi::Array>(), shape);
        return;
    }

    TypedView view;
    std::shared_ptr<MemoryBlock> block;
    if (!typed_view_of(env, value, view)) {
        NativeMemory& memory = unwrap<NativeMemory>(env, value, "typed array or Memory");
        block = memory.block();
        if (!block) throw NativeError("NATIVE_CLOSED", "input '" + port.name + "': the memory was released");
        view = {block->data(), block->size()};
    }

    const size_t expected = port.is_dynamic ? byte_size_of(port.type, shape) : port.byte_size;
    if (view.bytes != expected) {
        throw NativeError("NATIVE_TENSOR", "input '" + port.name + "' expects " + std::to_string(expected) + " bytes for " +
                                               port.type.get_type_name() + shape_text(shape) + ", received " +
                                               std::to_string(view.bytes));
    }

    const bool in_place = expected >= kCopyBelow && (block || mode == Mode::synchronous);
    if (!in_place) {
        use_own_input(index);
        if (port.is_dynamic) binding.own.set_shape(shape);
        if (expected != 0) std::memcpy(binding.own.data(), view.data, expected);
        return;
    }
    if (binding.foreign != view.data || (port.is_dynamic && binding.foreign_shape != shape)) {
        request_.set_input_tensor(index, ov::Tensor(port.type, shape, view.data));
        binding.foreign = view.data;
        if (port.is_dynamic) binding.foreign_shape = shape;
    }
    binding.block = std::move(block);
}

void RequestState::copy_strings(size_t index, Napi::Array strings, const ov::Shape& shape) {
    const PortLayout& port = compiled_->inputs[index];
    const size_t count = ov::shape_size(shape);
    if (strings.Length() != count) {
        throw NativeError("NATIVE_TENSOR", "input '" + port.name + "' expects " + std::to_string(count) + " strings, received " +
                                               std::to_string(strings.Length()));
    }
    use_own_input(index);
    ov::Tensor& own = inputs_[index].own;
    if (port.is_dynamic) own.set_shape(shape);
    auto* target = own.data<std::string>();
    for (uint32_t i = 0; i < count; ++i) {
        Napi::Value item = strings.Get(i);
        if (!item.IsString()) throw NativeError("NATIVE_TENSOR", "input '" + port.name + "' expects strings only");
        target[i] = item.As<Napi::String>().Utf8Value();
    }
}

void RequestState::use_own_input(size_t index) {
    Binding& binding = inputs_[index];
    if (binding.foreign == nullptr) return;
    request_.set_input_tensor(index, binding.own);
    binding.foreign = nullptr;
}

void RequestState::use_own_output(size_t index) {
    Binding& binding = outputs_[index];
    if (binding.foreign == nullptr) return;
    request_.set_output_tensor(index, binding.own);
    binding.foreign = nullptr;
}

void RequestState::bind_output(Napi::Env env, Mode mode, size_t index, napi_value outputs) {
    const PortLayout& port = compiled_->outputs[index];
    Binding& binding = outputs_[index];
    binding.block.reset();
    binding.from_caller = false;

    Napi::Value given = outputs != nullptr ? element_of(env, outputs, index) : Napi::Value();
    if (!given.IsEmpty() && !is_nullish(given)) {
        NativeMemory& memory = unwrap<NativeMemory>(env, given, "Memory");
        if (!memory.block()) throw NativeError("NATIVE_CLOSED", "output '" + port.name + "': the memory was released");
        if (port.is_dynamic || port.is_string) {
            throw NativeError("NATIVE_TENSOR", "output '" + port.name + "' has no fixed size: its memory cannot be given");
        }
        if (memory.block()->size() != port.byte_size) {
            throw NativeError("NATIVE_TENSOR", "output '" + port.name + "' needs " + std::to_string(port.byte_size) +
                                                   " bytes, received " + std::to_string(memory.block()->size()));
        }
        binding.block = memory.block();
        binding.from_caller = true;
    } else if (!port.is_dynamic && !port.is_string && port.byte_size >= kCopyOutputBelow &&
               (mode == Mode::asynchronous || memory_statistics().live_bytes < kMaxLiveBytesSync)) {
        binding.block = MemoryBlock::allocate(port.byte_size, false);
    }
    if (!binding.block || binding.block->size() < kCopyBelow) {
        use_own_output(index);  // the caller's is written by output_value()
    } else if (binding.foreign != binding.block->data()) {
        request_.set_output_tensor(index, ov::Tensor(port.type, port.shape, binding.block->data()));
        binding.foreign = binding.block->data();
    }
}

void RequestState::infer() {
    started_ = std::chrono::steady_clock::now();
    try {
        request_.infer();
    } catch (...) {
        release_blocks();
        throw engine_failure("OV_INFER", {});
    }
    finished_ = std::chrono::steady_clock::now();
    note_latency();
}

void RequestState::start(Napi::Env env, Napi::Function done) {
    Environment& environment = Environment::of(env);
    channel_ = environment.channel();
    hold_callback(done);
    pending_ = std::make_unique<Done>(this);
    auto self = shared_from_this();
    environment.add_running(self);
    channel_->begin_operation();
    busy_ = true;
    BackgroundWork::enter();
    started_ = std::chrono::steady_clock::now();
    try {
        request_.start_async();
    } catch (...) {
        BackgroundWork::leave();
        busy_ = false;
        channel_->end_operation();
        environment.remove_running(self);
        pending_.reset();
        done_.Unref();
        release_blocks();
        throw;
    }
}

void RequestState::hold_callback(Napi::Function done) {
    // The library passes the same function every time: reviving the weak reference costs less than
    // making a new one.
    if (!done_.IsEmpty()) {
        Napi::Function held = done_.Value();
        if (!held.IsEmpty() && held.StrictEquals(done)) {
            done_.Ref();
            return;
        }
    }
    done_ = Napi::Persistent(done);
}

void RequestState::on_finished(std::exception_ptr failure) noexcept {
    finished_ = std::chrono::steady_clock::now();
    failure_ = std::move(failure);
    auto channel = channel_;
    auto pending = std::move(pending_);
    channel->post(std::move(pending));
    // Nothing of this object from here on: JavaScript may have heard of the end and closed the request.
    BackgroundWork::leave();
}

void RequestState::note_latency() noexcept {
    latency_ms_ = std::chrono::duration<double, std::milli>(finished_ - started_).count();
}

Napi::Array RequestState::results(Napi::Env env) {
    const size_t count = outputs_.size();
    Napi::Array results = Napi::Array::New(env, compiled_->has_dynamic_output ? count * 2 : count);
    for (size_t i = 0; i < count; ++i) {
        napi_set_element(env, results, static_cast<uint32_t>(i), output_value(env, i));
        if (compiled_->has_dynamic_output) {
            const ov::Shape shape =
                compiled_->outputs[i].is_dynamic ? request_.get_output_tensor(i).get_shape() : compiled_->outputs[i].shape;
            napi_set_element(env, results, static_cast<uint32_t>(count + i), shape_to_js(env, shape));
        }
    }
    release_blocks();
    return results;
}

Napi::Value RequestState::output_value(Napi::Env env, size_t index) {
    const PortLayout& port = compiled_->outputs[index];
    Binding& binding = outputs_[index];
    if (binding.from_caller) {
        if (binding.foreign == nullptr && port.byte_size != 0)
            std::memcpy(binding.block->data(), binding.own.data(), port.byte_size);
        return env.Null();
    }
    if (binding.block) return NativeMemory::wrap(env, std::move(binding.block));

    const ov::Tensor tensor = port.is_dynamic ? request_.get_output_tensor(index) : binding.own;
    if (port.is_string) return strings_to_js(env, tensor);
    const size_t bytes = tensor.get_byte_size();
    if (port.is_dynamic && bytes >= kCopyOutputBelow && memory_statistics().live_bytes < kMaxLiveBytesSync) {
        auto block = MemoryBlock::allocate(bytes, false);
        std::memcpy(block->data(), tensor.data(), bytes);
        return NativeMemory::wrap(env, std::move(block));
    }
    void* data = nullptr;
    napi_value buffer = nullptr;
    if (napi_create_arraybuffer(env, bytes, &data, &buffer) != napi_ok)
        throw NativeError("NATIVE_MEMORY", "an output could not be allocated");
    if (bytes != 0) std::memcpy(data, tensor.data(), bytes);
    return {env, buffer};
}

void RequestState::release_blocks() noexcept {
    for (Binding& binding : inputs_) binding.block.reset();
    for (Binding& binding : outputs_) binding.block.reset();
}

void RequestState::interrupt() noexcept {
    try {
        request_.cancel();
    } catch (...) {
        // it has finished, or cannot be cancelled: waiting is all that is left
    }
}

void RequestState::wait_until_idle() noexcept {
    try {
        request_.wait();
    } catch (...) {
        // the failure reaches whoever asked for the inference
    }
}

}  // namespace enginery::openvino

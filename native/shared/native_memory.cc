#include "native_memory.h"

#include <cmath>
#include <string>

#include "environment.h"
#include "js_error.h"
#include "type_tag.h"

namespace enginery {

const napi_type_tag NativeMemory::kTag = {0x6b1f0c2f4f0e4a51, 0x9d3ce1a7c0d24f10};

namespace {
constexpr double kMaxBytes = 1e15;
}

void NativeMemory::init(Napi::Env env, Napi::Object exports) {
    Napi::Function constructor =
        DefineClass(env, "Memory",
                    {checked_accessor<NativeMemory, &NativeMemory::byte_length>("byteLength"),
                     checked_accessor<NativeMemory, &NativeMemory::released>("released"),
                     InstanceMethod<&NativeMemory::release>("release"), InstanceMethod<&NativeMemory::share>("share")});
    exports.Set("Memory", constructor);
    Environment::of(env).keep_constructor(kTag, constructor);
}

Napi::Object NativeMemory::wrap(Napi::Env env, std::shared_ptr<MemoryBlock> block) {
    return Environment::of(env).constructor(kTag).New({Napi::External<std::shared_ptr<MemoryBlock>>::New(env, &block)});
}

NativeMemory::NativeMemory(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeMemory>(info) {
    Napi::Env env = info.Env();
    Napi::Object self = info.This().As<Napi::Object>();
    guarded(env, "NATIVE_MEMORY", [&] {
        tag<NativeMemory>(env, self);
        if (info[0].IsExternal()) {
            auto block = std::move(*info[0].As<Napi::External<std::shared_ptr<MemoryBlock>>>().Data());
            if (info[1].IsUndefined()) {
                adopt(env, self, std::move(block));
            } else {
                holder_->block = std::move(block);
            }
            return;
        }
        const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
        if (!(bytes >= 0 && bytes <= kMaxBytes && std::floor(bytes) == bytes)) {
            throw NativeError("NATIVE_ARGUMENT", "Memory: expected a byte length");
        }
        const bool zero = info[1].IsBoolean() && info[1].As<Napi::Boolean>().Value();
        adopt(env, self, MemoryBlock::allocate(static_cast<size_t>(bytes), zero));
    });
}

void NativeMemory::adopt(Napi::Env env, Napi::Object self, std::shared_ptr<MemoryBlock> block) {
    holder_->block = std::move(block);
    auto* finalizer_share = new std::shared_ptr<Holder>(holder_);
    napi_value buffer = nullptr;
    const napi_status status = napi_create_external_arraybuffer(
        env, holder_->block->data(), holder_->block->size(),
        [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<Holder>*>(hint); }, finalizer_share, &buffer);
    if (status != napi_ok) {
        delete finalizer_share;
        holder_->block.reset();
        throw NativeError("NATIVE_MEMORY", status == napi_no_external_buffers_allowed
                                               ? "this runtime does not allow native memory in ArrayBuffers"
                                               : "an ArrayBuffer over native memory could not be made");
    }
    self.DefineProperty(Napi::PropertyDescriptor::Value("buffer", Napi::Value(env, buffer), napi_enumerable));
}

Napi::Value NativeMemory::byte_length(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), holder_->block ? static_cast<double>(holder_->block->size()) : 0);
}

Napi::Value NativeMemory::released(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), holder_->block == nullptr);
}

void NativeMemory::release(const Napi::CallbackInfo& info) {
    if (!holder_->block) return;
    Napi::Env env = info.Env();
    Napi::Value buffer = info.This().As<Napi::Object>().Get("buffer");
    if (!buffer.IsArrayBuffer()) {
        holder_->block.reset();
        return;
    }
    bool detached = true;
    napi_is_detached_arraybuffer(env, buffer, &detached);
    if (detached) {
        // Somebody moved the backing store (ArrayBuffer.prototype.transfer): its new owner still
        // reads these pages, so they come back only when its finalizer runs.
        holder_ = std::make_shared<Holder>();
        return;
    }
    if (napi_detach_arraybuffer(env, buffer) != napi_ok) throw Napi::Error::New(env, "the buffer could not be detached");
    // No JavaScript can reach the pages now: they may be reused before the finalizer runs.
    holder_->block.reset();
}

Napi::Value NativeMemory::share(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    return guarded(env, "NATIVE_MEMORY", [&]() -> Napi::Value {
        if (!holder_->block) throw NativeError("NATIVE_CLOSED", "the memory was released");
        auto block = holder_->block;
        return Environment::of(env).constructor(kTag).New(
            {Napi::External<std::shared_ptr<MemoryBlock>>::New(env, &block), Napi::Boolean::New(env, true)});
    });
}

}  // namespace enginery

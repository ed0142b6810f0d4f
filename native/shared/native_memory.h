#pragma once

#include <napi.h>

#include <memory>

#include "memory_pool.h"

namespace enginery {

// JavaScript handle of a MemoryBlock and the one ArrayBuffer over it.
//
// Three holders share the block: this handle, the ArrayBuffer's backing store, and any running
// inference. Detaching or losing the ArrayBuffer therefore never leaves an engine with a dangling
// pointer. Node marks external ArrayBuffers as not transferable.
class NativeMemory : public Napi::ObjectWrap<NativeMemory> {
public:
    static const napi_type_tag kTag;

    static void init(Napi::Env env, Napi::Object exports);
    // Throws if this runtime forbids external buffers (Electron with a memory cage).
    static Napi::Object wrap(Napi::Env env, std::shared_ptr<MemoryBlock> block);

    explicit NativeMemory(const Napi::CallbackInfo& info);

    // Null after release().
    const std::shared_ptr<MemoryBlock>& block() const { return holder_->block; }

private:
    // Shared with the ArrayBuffer's finalizer, which may run long after release().
    struct Holder {
        std::shared_ptr<MemoryBlock> block;
    };

    Napi::Value byte_length(const Napi::CallbackInfo& info);
    Napi::Value released(const Napi::CallbackInfo& info);
    void release(const Napi::CallbackInfo& info);
    // Another handle of the same block, without an ArrayBuffer: for an inference that waits for its turn.
    Napi::Value share(const Napi::CallbackInfo& info);
    void adopt(Napi::Env env, Napi::Object self, std::shared_ptr<MemoryBlock> block);

    std::shared_ptr<Holder> holder_ = std::make_shared<Holder>();
};

}  // namespace enginery

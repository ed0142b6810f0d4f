#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "completion_channel.h"

namespace enginery {

// Work that an ending environment must wait for, because the engine writes into memory or calls
// back into code that belongs to it.
class Interruptible {
public:
    virtual ~Interruptible() = default;
    virtual void interrupt() noexcept = 0;
    virtual void wait_until_idle() noexcept = 0;
};

// What an addon keeps per JavaScript environment (main thread or worker): Node-API instance data.
class Environment {
public:
    // Installs instance data and the cleanup hook; call first in the module's Init.
    static Environment& install(Napi::Env env);
    static Environment& of(Napi::Env env);

    const std::shared_ptr<CompletionChannel>& channel() const { return channel_; }

    // JavaScript thread.
    void add_running(const std::shared_ptr<Interruptible>& work) { running_.insert(work); }
    void remove_running(const std::shared_ptr<Interruptible>& work) { running_.erase(work); }
    size_t running() const { return running_.size(); }

    // Constructors of wrapped classes, by type tag: each environment has its own.
    void keep_constructor(const napi_type_tag& tag, Napi::Function constructor) {
        constructors_[tag.lower] = Napi::Persistent(constructor);
    }
    Napi::FunctionReference& constructor(const napi_type_tag& tag) { return constructors_.at(tag.lower); }

private:
    explicit Environment(Napi::Env env) : channel_(CompletionChannel::open(env)) {}
    void shut_down() noexcept;

    std::shared_ptr<CompletionChannel> channel_;
    std::unordered_set<std::shared_ptr<Interruptible>> running_;
    std::unordered_map<uint64_t, Napi::FunctionReference> constructors_;
};

}  // namespace enginery

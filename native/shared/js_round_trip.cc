#include "js_round_trip.h"

#include <string>
#include <utility>

#include "js_error.h"

namespace enginery {
namespace {

NativeError environment_ended() {
    return {"NATIVE_CANCELLED", "the JavaScript environment that was asked has ended"};
}

// The message of what was thrown, which may be anything, and whose text may throw itself.
std::string describe(Napi::Value thrown) {
    try {
        if (thrown.IsObject()) {
            const Napi::Value message = thrown.As<Napi::Object>().Get("message");
            if (message.IsString()) return message.As<Napi::String>();
        }
        return thrown.ToString();
    } catch (const Napi::Error&) {
        return "something that cannot be written as text";
    }
}

bool is_thenable(Napi::Value value) {
    return value.IsPromise() || ((value.IsObject() || value.IsFunction()) && value.As<Napi::Object>().Get("then").IsFunction());
}

}  // namespace

class JsRoundTrip::Asked final : public Completion {
public:
    Asked(std::shared_ptr<JsRoundTrip> round_trip, RoundTripCore::Ticket ticket, Question question)
        : round_trip_(std::move(round_trip)), ticket_(ticket), question_(std::make_shared<const Question>(std::move(question))) {}

    void complete(Napi::Env env) override { round_trip_->call(env, ticket_, question_); }

private:
    std::shared_ptr<JsRoundTrip> round_trip_;
    RoundTripCore::Ticket ticket_;
    std::shared_ptr<const Question> question_;
};

class JsRoundTrip::Closed final : public Completion {
public:
    explicit Closed(std::shared_ptr<JsRoundTrip> round_trip) : round_trip_(std::move(round_trip)) {}

    void complete(Napi::Env env) override {
        round_trip_->drop_references();
        Environment::of(env).remove_running(round_trip_);
    }

private:
    std::shared_ptr<JsRoundTrip> round_trip_;
};

std::shared_ptr<JsRoundTrip> JsRoundTrip::open(Napi::Env env, Napi::Function callback, const char* code) {
    std::shared_ptr<JsRoundTrip> round_trip(new JsRoundTrip(env, callback, code));
    Environment::of(env).add_running(round_trip);
    return round_trip;
}

JsRoundTrip::JsRoundTrip(Napi::Env env, Napi::Function callback, const char* code)
    : channel_(Environment::of(env).channel()), code_(code), callback_(Napi::Persistent(callback)) {}

void JsRoundTrip::ask(Question question) noexcept {
    asked_ = core_.begin();
    try {
        if (channel_->post(std::make_unique<Asked>(shared_from_this(), asked_, std::move(question))))
            core_.fail(environment_ended());
    } catch (...) {
        core_.fail(current_exception_as_native(code_));
    }
}

bool JsRoundTrip::wait() noexcept {
    return core_.wait(asked_);
}

void JsRoundTrip::call(Napi::Env env, RoundTripCore::Ticket ticket, const std::shared_ptr<const Question>& question) {
    if (!core_.is_open(ticket) || callback_.IsEmpty()) return;
    try {
        const Napi::Value answer = callback_.Call(question->arguments(env));
        if (!is_thenable(answer)) {
            settle(env, ticket, *question, answer);
            return;
        }
        const Napi::Object promises = env.Global().Get("Promise").As<Napi::Object>();
        const Napi::Object promise = promises.Get("resolve").As<Napi::Function>().Call(promises, {answer}).As<Napi::Object>();
        const auto self = shared_from_this();
        const auto resolved = Napi::Function::New(env, [self, ticket, question](const Napi::CallbackInfo& info) {
            self->settle(info.Env(), ticket, *question, info[0]);
        });
        const auto rejected = Napi::Function::New(
            env, [self, ticket](const Napi::CallbackInfo& info) { self->fail_with(info.Env(), ticket, info[0]); });
        promise.Get("then").As<Napi::Function>().Call(promise, {resolved, rejected});
    } catch (const Napi::Error& error) {
        fail_with(env, ticket, error.Value());
    } catch (...) {
        core_.fail(current_exception_as_native(code_));
    }
}

void JsRoundTrip::settle(Napi::Env env, RoundTripCore::Ticket ticket, const Question& question, Napi::Value answer) noexcept {
    if (!core_.is_open(ticket)) return;
    try {
        question.accept(answer);
        core_.answer(ticket);
    } catch (const Napi::Error& error) {
        fail_with(env, ticket, error.Value());
    } catch (...) {
        core_.fail(current_exception_as_native(code_));
    }
}

void JsRoundTrip::fail_with(Napi::Env env, RoundTripCore::Ticket ticket, Napi::Value thrown) noexcept {
    if (!core_.is_open(ticket)) return;
    try {
        if (core_.fail({code_, thrown.IsEmpty() ? "the JavaScript thread is being terminated" : describe(thrown)}) &&
            !thrown.IsEmpty()) {
            Napi::Array kept = Napi::Array::New(env, 1);
            kept.Set(uint32_t{0}, thrown);
            thrown_ = Napi::Persistent(kept.As<Napi::Object>());
        }
    } catch (...) {
        // A worker that is being terminated can neither tell what was thrown nor keep it.
        core_.fail(environment_ended());
    }
}

Napi::Value JsRoundTrip::thrown() const {
    return thrown_.IsEmpty() ? Napi::Value() : thrown_.Value().Get(uint32_t{0});
}

void JsRoundTrip::close() noexcept {
    core_.fail({"NATIVE_CLOSED", "nothing is asked any more"});
    try {
        // Where the environment has ended, interrupt() has dropped the references.
        channel_->post(std::make_unique<Closed>(shared_from_this()));
    } catch (...) {
        // Without memory for the message, they stay until the environment ends.
    }
}

void JsRoundTrip::interrupt() noexcept {
    core_.fail(environment_ended());
    drop_references();
}

void JsRoundTrip::drop_references() noexcept {
    callback_.Reset();
    thrown_.Reset();
}

}  // namespace enginery

#pragma once

#include <napi.h>

#include "native_error.h"

namespace enginery {

// JavaScript thread only.
Napi::Error to_js_error(Napi::Env env, const NativeError& error);

// Runs `body`, turning every C++ exception into a JavaScript one with a code.
template <typename Body>
auto guarded(Napi::Env env, const char* fallback_code, Body&& body) -> decltype(body()) {
    try {
        return body();
    } catch (const Napi::Error&) {
        throw;
    } catch (...) {
        throw to_js_error(env, current_exception_as_native(fallback_code));
    }
}

}  // namespace enginery

#include "native_error.h"

#include <new>
#include <system_error>

namespace enginery {

Napi::Error to_js_error(Napi::Env env, const NativeError& error) {
    Napi::Error js = Napi::Error::New(env, error.what());
    js.Set("code", Napi::String::New(env, error.code()));
    if (!error.log().empty()) {
        Napi::Array lines = Napi::Array::New(env, error.log().size());
        for (size_t i = 0; i < error.log().size(); ++i) {
            lines.Set(static_cast<uint32_t>(i), Napi::String::New(env, error.log()[i]));
        }
        js.Set("engineLog", lines);
    }
    return js;
}

NativeError current_exception_as_native(const char* fallback_code) noexcept {
    try {
        throw;
    } catch (const NativeError& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return {"NATIVE_MEMORY", "memory could not be allocated"};
    } catch (const std::exception& error) {
        return {fallback_code, error.what()};
    } catch (...) {
        return {fallback_code, "an exception of unknown type"};
    }
}

}  // namespace enginery

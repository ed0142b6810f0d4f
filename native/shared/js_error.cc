#include "js_error.h"

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

}  // namespace enginery

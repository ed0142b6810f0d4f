#pragma once

#include <napi.h>

#include <cstddef>

namespace enginery {

// The bytes behind a typed array, Buffer or DataView. Valid until JavaScript runs again.
struct TypedView {
    const void* data = nullptr;
    size_t bytes = 0;
};

// False if the value is none of these.
bool typed_view_of(napi_env env, napi_value value, TypedView& view) noexcept;

}  // namespace enginery

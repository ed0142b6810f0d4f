#include "typed_view.h"

namespace enginery {
namespace {

size_t element_bytes(napi_typedarray_type type) noexcept {
    switch (type) {
        case napi_int8_array:
        case napi_uint8_array:
        case napi_uint8_clamped_array: return 1;
        case napi_int16_array:
        case napi_uint16_array: return 2;
        case napi_float64_array:
        case napi_bigint64_array:
        case napi_biguint64_array: return 8;
        default: return 4;
    }
}

}  // namespace

bool typed_view_of(napi_env env, napi_value value, TypedView& view) noexcept {
    bool is_typed_array = false;
    if (napi_is_typedarray(env, value, &is_typed_array) == napi_ok && is_typed_array) {
        napi_typedarray_type type = napi_uint8_array;
        size_t length = 0;
        void* data = nullptr;
        if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) return false;
        view = {data, length * element_bytes(type)};
        return true;
    }
    bool is_data_view = false;
    if (napi_is_dataview(env, value, &is_data_view) != napi_ok || !is_data_view) return false;
    size_t bytes = 0;
    void* data = nullptr;
    if (napi_get_dataview_info(env, value, &bytes, &data, nullptr, nullptr) != napi_ok) return false;
    view = {data, bytes};
    return true;
}

}  // namespace enginery

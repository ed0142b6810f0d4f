#include "native_error.h"

#include <new>

namespace enginery {

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

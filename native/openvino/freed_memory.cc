#include "freed_memory.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace enginery::openvino {

void return_freed_memory(int64_t model_bytes) {
    constexpr int64_t kWorthIt = int64_t{16} << 20;
    if (model_bytes < kWorthIt) return;
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

}  // namespace enginery::openvino

#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

// Which line of TensorRT this addon is compiled for. Public classes of TensorRT are inline wrappers over tables that only
// grow within a major version: the addon works with every library of that major, as long as nothing is called that is newer
// than the library found.
namespace enginery::tensorrt {

#if defined(ENGINERY_TENSORRT_V10)
#define ENGINERY_TENSORRT_MODULE tensorrt_v10
inline constexpr const char* kLine = "v10";
inline constexpr bool kIsRtx = false;
inline constexpr int kMajor = 10;
#elif defined(ENGINERY_TENSORRT_V11)
#define ENGINERY_TENSORRT_MODULE tensorrt_v11
inline constexpr const char* kLine = "v11";
inline constexpr bool kIsRtx = false;
inline constexpr int kMajor = 11;
#elif defined(ENGINERY_TENSORRT_RTX)
#define ENGINERY_TENSORRT_MODULE tensorrt_rtx
inline constexpr const char* kLine = "rtx";
inline constexpr bool kIsRtx = true;
inline constexpr int kMajor = 1;
#else
#error "one of ENGINERY_TENSORRT_V10, _V11 and _RTX must be defined"
#endif

static_assert(NV_TENSORRT_MAJOR == kMajor, "the headers are of another line of TensorRT than the addon");

}  // namespace enginery::tensorrt

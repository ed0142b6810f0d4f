# enginery_add_tensorrt_addon(<line>) makes tensorrt-<line>.node: native/tensorrt/*.cc compiled with the headers of one line
# of TensorRT (v10, v11, rtx). Nothing of NVIDIA's is linked: libraries are opened at run time. Included by
# native/tensorrt/*/CMakeLists.txt, after node_addon.cmake.

# ENGINERY_TENSORRT_HEADERS: the folder with NvInfer.h; by default the one that `npm run setup -- --tensorrt` unpacked.
function(enginery_add_tensorrt_addon line)
  if(NOT ENGINERY_TENSORRT_HEADERS)
    set(ENGINERY_TENSORRT_HEADERS ${ENGINERY_ROOT}/.deps/tensorrt/headers/${line})
  endif()
  if(NOT EXISTS ${ENGINERY_TENSORRT_HEADERS}/NvInfer.h)
    message(FATAL_ERROR "NvInfer.h was not found in ${ENGINERY_TENSORRT_HEADERS}. Run `npm run setup -- --tensorrt=headers-10,headers-11`, "
      "or set TENSORRT_ROOT to the folder of NVIDIA's SDK and run `npm run setup`.")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS
    ${ENGINERY_ROOT}/native/shared/*.cc
    ${ENGINERY_ROOT}/native/tensorrt/*.cc
    ${ENGINERY_ROOT}/native/tensorrt/network/*.cc)
  # Calibrators are of 10.x alone, and what feeds them.
  if(line STREQUAL "v10")
    file(GLOB calibration CONFIGURE_DEPENDS
      ${ENGINERY_ROOT}/native/tensorrt/calibrators/*.cc
      ${ENGINERY_ROOT}/native/tensorrt/staging/*.cc)
    list(APPEND sources ${calibration})
  endif()
  set(target tensorrt-${line})
  enginery_add_addon(${target} SOURCES ${sources} LIBRARIES ${CMAKE_DL_LIBS})
  # Our own cuda_runtime_api.h first: a toolkit, where there is one, is not needed. NVIDIA's deprecations are known.
  target_include_directories(${target} BEFORE PRIVATE ${ENGINERY_ROOT}/native/tensorrt/cuda)
  target_include_directories(${target} SYSTEM PRIVATE ${ENGINERY_TENSORRT_HEADERS})
  string(TOUPPER ${line} upper)
  target_compile_definitions(${target} PRIVATE ENGINERY_TENSORRT_${upper}=1)
  if(NOT MSVC)
    target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)
  endif()
endfunction()

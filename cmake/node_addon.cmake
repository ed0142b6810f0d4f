# How every addon of this repository is compiled and linked. Included by native/*/CMakeLists.txt.

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_package(Threads REQUIRED)

option(ENGINERY_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(ENGINERY_SANITIZE_THREADS "Build with ThreadSanitizer (native unit tests alone: Node cannot run with it)" OFF)

get_filename_component(ENGINERY_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

# Warnings, and the sanitizers when asked for. Shared by addons and native tests.
function(enginery_compile_options target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /EHsc)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra)
  endif()
  if(ENGINERY_SANITIZE)
    # vptr checks need RTTI of OpenVINO's classes, which the libraries hide.
    set(flags -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined
              -fno-omit-frame-pointer -g -O1)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PRIVATE ${flags})
  elseif(ENGINERY_SANITIZE_THREADS)
    target_compile_options(${target} PRIVATE -fsanitize=thread -g -O1)
    target_link_options(${target} PRIVATE -fsanitize=thread)
  endif()
endfunction()

# The Node-API headers come from npm packages, so a build downloads nothing. cmake-js passes them in; a plain CMake
# run (an IDE, CTest) asks node where they are.
function(enginery_node_api_headers result)
  if(CMAKE_JS_INC)
    set(${result} ${CMAKE_JS_INC} PARENT_SCOPE)
    return()
  endif()
  find_program(ENGINERY_NODE node REQUIRED)
  execute_process(
    COMMAND ${ENGINERY_NODE} -p "[require('node-api-headers'), require('node-addon-api')].map(p => path.resolve(p.include_dir)).join(';')"
    WORKING_DIRECTORY ${ENGINERY_ROOT}
    OUTPUT_VARIABLE directories OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "The npm packages node-api-headers and node-addon-api were not found; run: npm run setup")
  endif()
  set(${result} ${directories} PARENT_SCOPE)
endfunction()

# enginery_add_addon(<name> SOURCES <files> LIBRARIES <targets> BUILD_RPATH <directories>) makes <name>.node.
function(enginery_add_addon name)
  cmake_parse_arguments(ADDON "" "" "SOURCES;LIBRARIES;BUILD_RPATH" ${ARGN})
  if(NOT ADDON_SOURCES)
    message(FATAL_ERROR "${name}.node has no source files")
  endif()
  enginery_node_api_headers(headers)
  add_library(${name} MODULE ${ADDON_SOURCES} ${CMAKE_JS_SRC})
  target_include_directories(${name} SYSTEM PRIVATE ${headers})
  target_include_directories(${name} PRIVATE ${ENGINERY_ROOT}/native)
  # A worker that is being terminated takes no exceptions; without SWALLOW the attempt to throw one ends the process.
  target_compile_definitions(${name} PRIVATE NAPI_VERSION=9 NAPI_CPP_EXCEPTIONS NODE_ADDON_API_DISABLE_DEPRECATED
    NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS)
  target_link_libraries(${name} PRIVATE ${ADDON_LIBRARIES} ${CMAKE_JS_LIB} Threads::Threads)
  enginery_compile_options(${name})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".node")
  if(APPLE)
    set_target_properties(${name} PROPERTIES BUILD_RPATH "@loader_path;${ADDON_BUILD_RPATH}")
    target_link_options(${name} PRIVATE -undefined dynamic_lookup)
  elseif(UNIX)
    # $ORIGIN first: a shipped addon lies beside its libraries. The folder of the development libraries is added only
    # to binaries that are used where they were built (ENGINERY_SHIP leaves it out).
    if(ENGINERY_SHIP)
      set(ADDON_BUILD_RPATH "")
    endif()
    set_target_properties(${name} PROPERTIES
      BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN;${ADDON_BUILD_RPATH}" INSTALL_RPATH_USE_LINK_PATH OFF)
    # Node closes an addon when the last worker that used it ends; the engine's threads may still run its code then.
    target_link_options(${name} PRIVATE -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,--exclude-libs,ALL)
  endif()
endfunction()

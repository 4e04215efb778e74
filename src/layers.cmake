# SPDX-License-Identifier: Apache-2.0
# The house's CMake functions: layers, catalogues, embedded texts, tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
set_property(GLOBAL PROPERTY USE_FOLDERS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(Srtp REQUIRED IMPORTED_TARGET libsrtp2)
pkg_check_modules(Opus REQUIRED IMPORTED_TARGET opus)
find_library(Gsm gsm REQUIRED) # brings no pkg-config file
pkg_check_modules(Zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(Lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(Expat REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(Sofia REQUIRED IMPORTED_TARGET sofia-sip-ua)
if(EARSHOT_MEDIA)
  pkg_check_modules(GStreamer REQUIRED IMPORTED_TARGET gstreamer-1.0 gstreamer-app-1.0 gstreamer-audio-1.0)
endif()

add_library(house INTERFACE)
target_compile_options(house INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                       -Woverloaded-virtual -Werror -fno-omit-frame-pointer)
target_link_libraries(house INTERFACE Threads::Threads)
if(EARSHOT_SANITIZE)
  target_compile_options(house INTERFACE -fsanitize=${EARSHOT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(house INTERFACE -fsanitize=${EARSHOT_SANITIZE})
endif()
if(EARSHOT_FUZZ)
  target_compile_options(house INTERFACE -fsanitize=fuzzer-no-link)
endif()

# add_layer(NAME USES neighbours... PRIVATE libraries...)
# A layer's headers are reached through a symlinked include root of its own, so that only a declared
# neighbour (and what that neighbour builds on) can be included.
function(add_layer name)
  cmake_parse_arguments(LAYER "" "" "USES;PRIVATE" ${ARGN})
  set(root "${CMAKE_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${root}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/src/${name}" "${root}/${name}" SYMBOLIC)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cpp")
  add_library(${name} STATIC ${sources} "${CMAKE_BINARY_DIR}/layer.cpp")
  target_include_directories(${name} PUBLIC "${root}")
  target_link_libraries(${name} PUBLIC house fmt::fmt tl::expected ${LAYER_USES}
                                PRIVATE ${LAYER_PRIVATE})
  if(name STREQUAL "report" OR name STREQUAL "desk" OR name STREQUAL "ingest")
    target_link_libraries(${name} PRIVATE nlohmann_json::nlohmann_json)
  endif()
endfunction()
file(WRITE "${CMAKE_BINARY_DIR}/layer.cpp" "// A library needs one object even while its folder is empty.\n")

# add_catalogue(LAYER FOLDER TYPE): src/LAYER/FOLDER/NAME.cpp defines `extern const TYPE NAME` in namespace
# LAYER::FOLDER; the generated LAYER::FOLDER::all() lists them in name order. A misnamed object is a link error.
function(add_catalogue layer folder type)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${layer}/${folder}/*.cpp")
  list(SORT files)
  string(TOLOWER "${type}" header)
  set(externs "")
  set(entries "")
  foreach(file IN LISTS files)
    get_filename_component(entry "${file}" NAME_WE)
    string(APPEND externs "extern const ${type} ${entry};\n")
    string(APPEND entries "&${entry}, ")
  endforeach()
  set(out "${CMAKE_BINARY_DIR}/generated/${layer}_${folder}.cpp")
  file(CONFIGURE OUTPUT "${out}" @ONLY CONTENT
"// Generated from the file names in src/@layer@/@folder@.
#include <array>
#include <@layer@/@header@.h>
namespace @layer@::@folder@ {
@externs@
std::span<const @type@ *const> all()
{
    static constexpr std::initializer_list<const @type@ *> kEntries{@entries@};
    return {kEntries.begin(), kEntries.size()};
}
} // namespace @layer@::@folder@
")
  target_sources(${layer} PRIVATE "${out}")
endfunction()

# add_texts(LAYER NAME FOLDER EXTENSION): every FOLDER/x.EXTENSION becomes a string of the program;
# LAYER::NAME() returns them as (stem, text) in name order. The header is <LAYER/texts.h>, written by the layer.
function(add_texts layer name folder extension)
  file(GLOB files CONFIGURE_DEPENDS "${folder}/*.${extension}")
  set(out "${CMAKE_BINARY_DIR}/generated/${layer}_${name}.cpp")
  set(script "${CMAKE_SOURCE_DIR}/src/texts.cmake")
  add_custom_command(OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" "-DOUT=${out}" "-DLAYER=${layer}" "-DNAME=${name}" "-DFOLDER=${folder}"
            "-DEXTENSION=${extension}" -P "${script}"
    DEPENDS ${files} "${script}" VERBATIM)
  target_sources(${layer} PRIVATE "${out}")
endfunction()

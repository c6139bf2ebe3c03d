# The compiler, the language level and the warnings: one place for all targets.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} destroys some temporaries twice in statements with co_await, "
    "without a warning. Use Clang 19: cmake --preset dev, or -DCMAKE_CXX_COMPILER=clang++-19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(SKALD_WERROR "Treat warnings as errors" ON)
set(SKALD_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
option(SKALD_FUZZ "Build the libFuzzer targets" OFF)
option(SKALD_COVERAGE "Instrument for coverage" OFF)

find_program(SKALD_CCACHE ccache)
if(SKALD_CCACHE)
  # The sloppiness is what ccache asks for to keep what was compiled with a precompiled header; what it has not, it compiles
  # at once instead of preprocessing it first.
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_DEPEND=1 ${SKALD_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wno-missing-designated-field-initializers -fno-omit-frame-pointer)
if(SKALD_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
if(SKALD_SANITIZE)
  add_compile_options(-fsanitize=${SKALD_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SKALD_SANITIZE})
endif()
if(SKALD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SKALD_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

find_package(Boost 1.81 QUIET)
if(NOT Boost_FOUND)
  message(FATAL_ERROR "Boost 1.81 or later was not found; what is older lacks per-operation cancellation as Skald uses it. Install libboost1.81-dev.")
endif()
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)

# Debian's SOCI, RE2 and jemalloc ship no CMake package.
find_library(SOCI_CORE soci_core REQUIRED)
find_library(SOCI_SQLITE3 soci_sqlite3 REQUIRED)
find_library(SOCI_POSTGRESQL soci_postgresql REQUIRED)
find_library(SQLITE3 sqlite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_library(RE2 re2 REQUIRED)
if(NOT SKALD_SANITIZE)
  find_library(JEMALLOC jemalloc REQUIRED)
endif()

include_directories(SYSTEM ${Boost_INCLUDE_DIRS})

# SOCI's headers derive from classes whose type information its libraries keep to themselves, which UBSan's check of
# virtual calls asks for.
add_library(skald_soci INTERFACE)
target_link_libraries(skald_soci INTERFACE ${SOCI_CORE} ${SOCI_SQLITE3} ${SOCI_POSTGRESQL} ${SQLITE3} PostgreSQL::PostgreSQL)
if(SKALD_SANITIZE MATCHES undefined)
  target_compile_options(skald_soci INTERFACE -fno-sanitize=vptr)
endif()

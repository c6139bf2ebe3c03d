# What nearly every source includes, compiled once: half of a build's time is spent on these headers. A source still names each
# header that it uses: clang-tidy reads them without this.
option(SKALD_PRECOMPILE "Precompile the headers that most sources include" ON)

# skald_precompile(TARGET FROM): TARGET is compiled with the headers of FROM.
function(skald_precompile name from)
  if(SKALD_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM ${from})
  endif()
endfunction()

if(NOT SKALD_PRECOMPILE)
  return()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

set(headers <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <condition_variable> <cstdint> <deque> <expected>
  <filesystem> <fstream> <functional> <iostream> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <string_view>
  <thread> <tuple> <unordered_map> <utility> <variant> <vector> <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp>)

add_library(skald_precompiled OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
target_link_libraries(skald_precompiled PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
target_precompile_headers(skald_precompiled PRIVATE ${headers})

add_library(skald_precompiled_for_tests OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
target_link_libraries(skald_precompiled_for_tests PRIVATE fmt::fmt nlohmann_json::nlohmann_json GTest::gmock GTest::gtest)
target_compile_options(skald_precompiled_for_tests PRIVATE -O0)
target_precompile_headers(skald_precompiled_for_tests PRIVATE ${headers} <gmock/gmock.h> <gtest/gtest.h>)

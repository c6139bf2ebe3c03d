// The cases of tests/conformance/cases, as README.md describes them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace skald::test {

struct ConformanceCase {
  std::string topic;  // "data_flow": the file's name
  std::size_t number = 0;
  std::string shows;
  Json given;  // the whole case
};

// All of them, by topic. Throws where a file is no list of cases.
std::vector<ConformanceCase> read_cases();

// The text of a workflow of which the case leaves the header out.
std::string source_of(const Json& workflow);

// "PT3S" as the cases write it; throws where it is none.
Millis duration_of(const Json& text);

// Where `actual` is not as expected; empty where it is. A map may hold more than is expected of it, and what is
// expected to be null may be missing.
std::string difference(const Json& expected, const Json& actual, const std::string& place);

}  // namespace skald::test

// The jq program of the system as an oracle: many programs a process, because starting it costs 13 ms.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/json.hpp"

namespace skald::expression {

struct JqCase {
  std::string program;
  Json input;
};

// All results of a program, or the value it raised; crashed when jq died of it.
struct JqAnswer {
  bool failed = false;
  bool crashed = false;
  Json results = Json::array();
  Json error;
};

// Whether jq 1.6, whose behaviour is the reference, is installed.
bool jq_available();

// `variables` are bound as $name, `definitions` are jq functions for all cases. One answer a case, in order.
std::vector<JqAnswer> run_jq(const std::vector<JqCase>& cases, const Json& variables,
                             std::string_view definitions = {});

}  // namespace skald::expression

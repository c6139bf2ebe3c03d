// `try`: steps whose error is caught, where it is of the right kind: tried again, handled by steps of its own, or
// passed over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/payload.hpp"
#include "engine/definition/list_role.hpp"
#include "engine/definition/policies.hpp"

namespace skald::definition {

struct Step;

struct TryStep {
  std::vector<Step> steps;

  // `catch`
  Payload with;              // what fields of the error must be; null: any error
  std::string as = "error";  // the variable that holds the error
  std::optional<expression::Expression> when;
  std::optional<expression::Expression> except_when;
  std::optional<RetryPolicy> retry;
  std::vector<Step> handler;  // `do`; empty: the error is passed over, unless `retry` has given up
  bool compensates = false;   // the steps of the try are undone before the handler

  void each_list(this auto& self, auto&& visit) {
    visit(ListRole::kAttempt, self.steps);
    visit(ListRole::kHandler, self.handler);
  }
};

// Whether an error's `type` is the one that a filter names: the specification's own by their last segment, whatever
// host they had in its history; others as they are.
bool is_same_error_type(std::string_view one, std::string_view other);

}  // namespace skald::definition

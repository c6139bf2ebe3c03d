// `wait`: nothing happens for a while; the input goes on.
#pragma once

#include <variant>

#include "engine/base/time.hpp"
#include "engine/expression/expression.hpp"

namespace skald::definition {

struct WaitStep {
  // An expression gives an ISO 8601 duration.
  std::variant<Millis, expression::Expression> duration;
};

}  // namespace skald::definition

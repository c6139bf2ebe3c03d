// `listen`: wait for events from outside.
#pragma once

#include <optional>
#include <vector>

#include "engine/definition/event_filter.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

// One of the events that a `listen` is for.
struct EventPattern {
  EventFilter filter;
  std::vector<expression::ValueTemplate> expects;  // `correlate`, in the order of the names
};

struct ListenStep {
  enum class Strategy { kOne, kAny, kAll };
  enum class Read { kData, kEnvelope, kRaw };

  Strategy strategy = Strategy::kOne;
  std::vector<EventPattern> patterns;
  std::optional<expression::Expression> until;  // of `any`: goes on listening until it holds for what was read so far
  Read read = Read::kData;
};

}  // namespace skald::definition

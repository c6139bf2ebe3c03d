// `listen`: wait for events from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/definition/event_filter.hpp"
#include "engine/definition/list_role.hpp"
#include "engine/definition/policies.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

struct Step;

// A correlation without `expect`: the first event of a `listen` that has a value by this name settles what those behind
// it must have.
struct OpenCorrelation {
  std::string name;
  expression::Expression from;
};

// One of the events that a `listen` is for.
struct EventPattern {
  EventFilter filter;
  std::vector<expression::ValueTemplate> expects;  // `correlate`, in the order of the names
  std::vector<OpenCorrelation> open;
};

// `foreach`: what each event sets off, one after the other, in the order of their coming.
struct ForEachEvent {
  std::string item = "item";  // the variable that holds the event, as it is read
  std::string at = "index";   // and the one that holds its place, from 0
  std::vector<Step> steps;    // may be none
  DataFlow data;              // output and export of an iteration
};

struct ListenStep {
  enum class Strategy { kOne, kAny, kAll };
  enum class Read { kData, kEnvelope, kRaw };

  Strategy strategy = Strategy::kOne;
  std::vector<EventPattern> patterns;           // of `to`, then those of `until`; an event is of a pattern from 1 on
  std::uint32_t wanted = 0;                     // how many of them are of `to`
  std::optional<expression::Expression> until;  // of `any`: goes on listening until it holds for what was read so far
  Strategy until_strategy = Strategy::kAny;     // where events end it
  Read read = Read::kData;
  std::optional<ForEachEvent> each;

  // Whether events of a pattern only end the listening, and are not part of what was received.
  bool only_ends(std::uint32_t pattern) const { return pattern > wanted; }
  bool has_events_in_until() const { return patterns.size() > wanted; }

  void each_list(this auto& self, auto&& visit) {
    if (!self.each || self.each->steps.empty()) return;
    visit(self.has_events_in_until() ? ListRole::kLoop : ListRole::kRepeat, self.each->steps);
  }
};

}  // namespace skald::definition

// `listen`: wait for events from outside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/definition/event_consumption.hpp"
#include "engine/definition/list_role.hpp"
#include "engine/definition/policies.hpp"

namespace skald::definition {

struct Step;

// `foreach`: what each event sets off, one after the other, in the order of their coming.
struct ForEachEvent {
  std::string item = "item";  // the variable that holds the event, as it is read
  std::string at = "index";   // and the one that holds its place, from 0
  std::vector<Step> steps;    // may be none
  DataFlow data;              // output and export of an iteration
};

struct ListenStep : EventConsumption {
  enum class Read { kData, kEnvelope, kRaw };

  Read read = Read::kData;
  std::optional<ForEachEvent> each;

  void each_list(this auto& self, auto&& visit) {
    if (!self.each || self.each->steps.empty()) return;
    visit(self.has_events_in_until() ? ListRole::kLoop : ListRole::kRepeat, self.each->steps);
  }
};

}  // namespace skald::definition

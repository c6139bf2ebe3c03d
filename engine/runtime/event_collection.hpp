// What a workflow has collected of the events that start an execution together, as it stands in its row.
//
// Pure; any thread. Its text is JSON: {"events": [{"pattern": 1, "event": {...}}, ...], "ready": [[{...}, ...], ...]}.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"
#include "engine/definition/schedule/schedule.hpp"

namespace skald::runtime {

// Which patterns of a schedule an event matches, all of them under one key; one that ends the collecting is the first.
struct EventMatch {
  std::string key;  // of what it is correlated by
  std::vector<std::uint32_t> patterns;
};

// nullopt: none.
std::optional<EventMatch> match_event(const definition::Schedule::On& rule, const Json& event);

class EventCollection {
 public:
  // Errors: "store.unreadable".
  static Result<EventCollection> parse(const std::string& text);
  std::string text() const;

  // Takes the event, and makes those ready that start an execution with it. False: it is of no use here. Errors:
  // "schedule.too_many", more or larger events than it may have; "engine.busy", as much is ready and not started;
  // "expression", what `until` says cannot be told. But for true it is as it was.
  Result<bool> add(const definition::Schedule::On& rule, const EventMatch& match, Json event);

  // Lists of events, each of which starts an execution, until they are forgotten.
  const std::vector<Json>& ready() const { return ready_; }
  void forget(const Json& started) { std::erase(ready_, started); }

 private:
  struct Entry {
    std::uint32_t pattern = 0;
    Json event;
  };

  bool is_small() const;
  bool has(std::uint32_t pattern) const;
  std::optional<std::uint32_t> pattern_for(const definition::Schedule::On& rule, const EventMatch& match) const;
  Json list_of(const definition::Schedule::On& rule) const;
  Result<bool> is_complete(const definition::Schedule::On& rule) const;
  void make_ready(const definition::Schedule::On& rule);

  std::vector<Entry> events_;
  std::vector<Json> ready_;
};

}  // namespace skald::runtime

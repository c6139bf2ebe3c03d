// What the starts by a schedule have in common: those at a time and those for an event.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/collection.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/event_collection.hpp"

namespace skald::runtime {

// Starts an execution as anybody does; the callback runs on its loop.
using Start = std::function<void(StartCommand, Callback<Started>)>;

// A repeated key is the same start, whatever has become of the definition since.
StartCommand scheduled_start(const definition::Definition& definition, std::string key, Payload input);

// The start that is due at this time.
StartCommand start_at(const definition::Definition& definition, Timestamp due);

// What a workflow collects of events, and how an event comes into it.
struct Collecting {
  definition::DefinitionPtr definition;
  ports::CollectionKey key;
  EventMatch match;

  const definition::Schedule::On& rule() const {
    return std::get<definition::Schedule::On>(definition->schedule->kind);
  }
};

// What an event is for, by the schedules of workflows: executions that it starts alone, and others that it starts
// together with events that come before or after it.
struct EventStarts {
  std::vector<StartCommand> alone;
  std::vector<Collecting> together;

  bool empty() const { return alone.empty() && together.empty(); }
};

// Not on a loop.
EventStarts starts_for(const Definitions& definitions, const Json& event);

// The start by some events, of which there is one at least. The same events are the same start.
StartCommand start_by(const definition::Definition& definition, const Json& events);

// Errors: "schedule.too_deep", of an event that comes from too far down: workflows that start each other end.
Result<void> check_depth(const StartCommand& command);

// Whether it may go well later; anything else was refused for good.
bool may_pass(const Error& error);

// "started", or "repeated": a crash came between the start and the note of it.
std::string_view result_of(const Started& started);

void log_refused_start(ports::Log& log, const ports::WorkflowName& workflow, const Error& error);

}  // namespace skald::runtime

// The lifecycle events of an execution as CloudEvents: what an event of its history tells those who want to know.
//
// Source: "Lifecycle Events" of the DSL 1.0.3 and of its reference. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/definition/definition.hpp"
#include "engine/definition/operation_catalog.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

struct LifecycleEvent {
  std::string type;
  std::string envelope;  // CloudEvent in its structured form
};

// Absent where the history's event is no change of the workflow's or a step's lifecycle. `position` is its own, `state`
// from behind it. `definition` may be null: it cannot be read.
std::optional<LifecycleEvent> lifecycle_event_of(const saga::Event& event, std::uint64_t position,
                                                 const saga::State& state, const definition::Definition* definition);

// Whether some adapter is sent lifecycle events.
bool wants_lifecycle_events(const definition::OperationCatalog& operations);

// Whether this one is: only one that names them takes them, since there are several for each step.
bool takes_lifecycle_event(const definition::EventSink& sink, std::string_view type);

}  // namespace skald::runtime

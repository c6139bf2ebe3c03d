// Where the events of an execution go, and as what. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/operation_catalog.hpp"
#include "engine/ports/outbox.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// Of all that goes out: the executions of this engine first, by an empty name, and what they say to each other.
std::vector<std::string> sinks_of(const definition::OperationCatalog& operations);

// What these events of an execution emit and mean for its lifecycle, for each sink that takes it, and say to other
// executions. `state` is from behind them; `definition` is null where it cannot be read.
std::vector<ports::NewDelivery> deliveries_of(const std::vector<saga::Event>& events, const saga::State& state,
                                              const definition::Definition* definition,
                                              const definition::OperationCatalog& operations);

// The call that brings a delivery to its sink. Null: the adapter takes no events.
saga::RequestPtr request_for(const ports::NewDelivery& delivery, const definition::OperationCatalog& operations);

}  // namespace skald::runtime

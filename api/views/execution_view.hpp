// Executions as the API shows them. Pure; payloads are read through text() alone, so any thread may do it.
#pragma once

#include <string>

#include "engine/ports/history_store.hpp"
#include "engine/saga/state.hpp"

namespace skald::api {

// The whole: state, steps with attempts, compensation, incidents, links.
std::string execution_view(const saga::State& state);
// A row of a list.
void append_execution_item(std::string& out, const ports::StoredExecution& execution);
void append_history_item(std::string& out, const ports::HistoryRow& row);
// An incident with the execution it belongs to.
void append_incident_item(std::string& out, const saga::State& state, const saga::Incident& incident);
// For an execution whose row has an open incident that its history cannot tell. `why` may be empty.
void append_unreadable_item(std::string& out, const ports::StoredExecution& execution, const std::string& why);

}  // namespace skald::api

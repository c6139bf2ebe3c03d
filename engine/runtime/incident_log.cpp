#include "engine/runtime/incident_log.hpp"

#include <string>
#include <variant>

namespace skald::runtime {
namespace {

void log_incident(ports::Log& log, const saga::State& state, const saga::Incident& incident) {
  const auto id = to_string(state.id);
  const auto number = std::to_string(incident.number);
  log.write(ports::LogLevel::kError, "an execution waits for an operator",
            {{"execution", id}, {"incident", number}, {"kind", to_string(incident.kind)}, {"step", incident.step}});
}

}  // namespace

void log_raised_incidents(ports::Log& log, const std::vector<saga::Event>& events, const saga::State& state) {
  for (const auto& event : events) {
    const auto* raised = std::get_if<saga::IncidentRaised>(&event.data);
    if (!raised) continue;
    for (const auto& incident : state.incidents) {
      if (incident.number == raised->number) log_incident(log, state, incident);
    }
  }
}

void log_open_incidents(ports::Log& log, const saga::State& state) {
  if (saga::is_terminal(state.phase)) return;
  for (const auto& incident : state.incidents) {
    if (incident.open) log_incident(log, state, incident);
  }
}

}  // namespace skald::runtime

#include "engine/saga/outcome.hpp"

#include <array>
#include <cstddef>

#include "engine/base/invariant.hpp"
#include "engine/saga/answer.hpp"

namespace skald::saga {
namespace {

// Each table lists the spellings in the order of its enumeration.
constexpr std::array kPhaseNames = {std::string_view("pending"),   std::string_view("running"),
                                    std::string_view("waiting"),   std::string_view("suspended"),
                                    std::string_view("cancelled"), std::string_view("faulted"),
                                    std::string_view("completed")};
constexpr std::array kOutcomeNames = {std::string_view("completed"), std::string_view("compensated"),
                                      std::string_view("cancelled"), std::string_view("faulted"),
                                      std::string_view("terminated")};
constexpr std::array kCompensationStateNames = {std::string_view("none"), std::string_view("running"),
                                                std::string_view("completed"), std::string_view("incomplete")};
constexpr std::array kCompensationReasonNames = {std::string_view("fault"),  std::string_view("timeout"),
                                                 std::string_view("cancel"), std::string_view("explicit"),
                                                 std::string_view("race"),   std::string_view("parent")};
constexpr std::array kAttemptClassNames = {std::string_view("refused"), std::string_view("unknown")};
constexpr std::array kIncidentResolutionNames = {std::string_view("retry"), std::string_view("skip"),
                                                 std::string_view("resolve")};
constexpr std::array kAttemptOutcomeNames = {std::string_view("done"), std::string_view("refused"),
                                             std::string_view("unknown")};
constexpr std::array kUndoVerdictNames = {std::string_view("begins"), std::string_view("nothing"),
                                          std::string_view("refused")};
constexpr std::array kIncidentKindNames = {
    std::string_view("undo-failed"), std::string_view("settle-failed"),        std::string_view("unknown-outcome"),
    std::string_view("step-failed"), std::string_view("compensation-timeout"), std::string_view("timeout-after-pivot"),
    std::string_view("quarantined")};

template <class Enum, std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  SKALD_INVARIANT(index < N);
  return names[index];
}

template <class Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Phase phase) {
  return name_of(kPhaseNames, phase);
}
std::string_view to_string(Outcome outcome) {
  return name_of(kOutcomeNames, outcome);
}
std::string_view to_string(CompensationState state) {
  return name_of(kCompensationStateNames, state);
}
std::string_view to_string(CompensationReason reason) {
  return name_of(kCompensationReasonNames, reason);
}
std::string_view to_string(AttemptClass outcome) {
  return name_of(kAttemptClassNames, outcome);
}
std::string_view to_string(IncidentResolution resolution) {
  return name_of(kIncidentResolutionNames, resolution);
}
std::string_view to_string(AttemptOutcome outcome) {
  return name_of(kAttemptOutcomeNames, outcome);
}
std::string_view to_string(UndoVerdict verdict) {
  return name_of(kUndoVerdictNames, verdict);
}
std::string_view to_string(IncidentKind kind) {
  return name_of(kIncidentKindNames, kind);
}

std::optional<Phase> parse_phase(std::string_view text) {
  return parse<Phase>(kPhaseNames, text);
}
std::optional<Outcome> parse_outcome(std::string_view text) {
  return parse<Outcome>(kOutcomeNames, text);
}
std::optional<CompensationState> parse_compensation_state(std::string_view text) {
  return parse<CompensationState>(kCompensationStateNames, text);
}
std::optional<CompensationReason> parse_compensation_reason(std::string_view text) {
  return parse<CompensationReason>(kCompensationReasonNames, text);
}
std::optional<AttemptClass> parse_attempt_class(std::string_view text) {
  return parse<AttemptClass>(kAttemptClassNames, text);
}
std::optional<IncidentResolution> parse_incident_resolution(std::string_view text) {
  return parse<IncidentResolution>(kIncidentResolutionNames, text);
}
std::optional<AttemptOutcome> parse_attempt_outcome(std::string_view text) {
  return parse<AttemptOutcome>(kAttemptOutcomeNames, text);
}
std::optional<UndoVerdict> parse_undo_verdict(std::string_view text) {
  return parse<UndoVerdict>(kUndoVerdictNames, text);
}
std::optional<IncidentKind> parse_incident_kind(std::string_view text) {
  return parse<IncidentKind>(kIncidentKindNames, text);
}

}  // namespace skald::saga

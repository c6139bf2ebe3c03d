#include "api/views/execution_view.hpp"

#include <algorithm>
#include <vector>

#include "api/views/mask.hpp"
#include "engine/base/json_object.hpp"
#include "engine/saga/problem.hpp"

namespace skald::api {
namespace {

using saga::StepState;

// What a termination leaves in the middle of its work: its outcome is unknown.
constexpr std::string_view kTerminated = "terminated";

std::string_view word(saga::StepStatus status) {
  switch (status) {
    case saga::StepStatus::kRunning:
      return "running";
    case saga::StepStatus::kCompleted:
      return "completed";
    case saga::StepStatus::kFailed:
      return "failed";
    case saga::StepStatus::kSkipped:
      return "skipped";
  }
  return "running";
}

std::string_view word(saga::UndoStatus status) {
  switch (status) {
    case saga::UndoStatus::kNone:
      return "none";
    case saga::UndoStatus::kSettling:
      return "settling";
    case saga::UndoStatus::kSettled:
      return "settled";
    case saga::UndoStatus::kRunning:
      return "running";
    case saga::UndoStatus::kCompleted:
      return "completed";
    case saga::UndoStatus::kFailed:
      return "failed";
    case saga::UndoStatus::kSkipped:
      return "skipped";
  }
  return "none";
}

template <class Items, class AppendItem>
void append_array(std::string& out, const Items& items, AppendItem append_item) {
  out += '[';
  append_joined(out, items, append_item);
  out += ']';
}

void append_labels(std::string& out, const std::map<std::string, std::string>& labels) {
  out += '{';
  append_joined(out, labels, [](std::string& text, const auto& label) {
    append_json_string(text, label.first);
    text += ':';
    append_json_string(text, label.second);
  });
  out += '}';
}

void append_id_or_null(JsonObject& object, std::string_view name, const std::optional<ExecutionId>& id) {
  id ? object.id(name, *id) : object.raw(name, "null");
}

void append_attempts(JsonObject& object, const saga::Attempts& attempts, bool ended) {
  object.number("attempts", attempts.number);
  object.flag("inFlight", attempts.in_flight && !ended);
  if (attempts.retry_at && !ended) object.time("retryAt", *attempts.retry_at);
  if (!attempts.last_error.is_null()) object.payload("lastError", attempts.last_error);
}

std::string_view undo_word(saga::UndoStatus status, bool ended) {
  const bool under_way = status == saga::UndoStatus::kSettling || status == saga::UndoStatus::kRunning;
  return ended && under_way ? kTerminated : word(status);
}

void append_steps(std::string& out, const std::vector<StepState>& steps, bool ended);

void append_undo(std::string& out, const StepState& step, bool ended) {
  JsonObject object(out);
  object.text("status", undo_word(step.undo_status, ended));
  if (step.settling.number > 0) {
    JsonObject settling(object.key("settling"));
    append_attempts(settling, step.settling, ended);
  }
  if (step.undo.empty()) return;
  const StepState& undo = step.undo.front();
  object.text("path", undo.path);
  object.time("startedAt", undo.started_at);
  object.time("endedAt", undo.ended_at);
  append_attempts(object, undo.attempts, ended);
  if (!undo.error.is_null()) object.payload("error", undo.error);
  if (!undo.children.empty()) append_steps(object.key("steps"), undo.children, ended);
}

void append_step(std::string& out, const StepState& step, bool ended) {
  JsonObject object(out);
  object.text("name", step.name);
  object.text("path", step.path);
  if (step.round != 0) object.number("round", step.round);
  object.text("status", ended && step.status == saga::StepStatus::kRunning ? kTerminated : word(step.status));
  object.time("startedAt", step.started_at);
  object.time("endedAt", step.ended_at);
  append_attempts(object, step.attempts, ended);
  if (!step.caught.is_null()) object.payload("caught", step.caught);
  object.payload("output", step.output);
  object.payload("error", step.error);
  if (step.unknown || (ended && step.attempts.in_flight)) object.flag("unknown", true);
  if (step.answered) object.flag("answered", true);
  if (step.continued) object.flag("continued", true);
  if (step.timed_out) object.flag("timedOut", true);
  if (step.deadline) object.time("deadline", *step.deadline);
  if (step.wait_until) object.time("waitUntil", *step.wait_until);
  if (step.execution) object.id("execution", *step.execution);
  if (!step.listens.empty()) object.number("events", step.events.size());
  if (!step.listens.empty() && step.apart) object.number("iterations", step.results.size());
  if (step.origin) object.id("reusedFrom", *step.origin);
  if (step.undo_status != saga::UndoStatus::kNone) append_undo(object.key("undo"), step, ended);
  if (!step.children.empty()) append_steps(object.key("steps"), step.children, ended);
}

void append_steps(std::string& out, const std::vector<StepState>& steps, bool ended) {
  append_array(out, steps, [ended](std::string& text, const StepState& step) { append_step(text, step, ended); });
}

void collect_undone(const StepState& step, std::vector<const StepState*>& undone) {
  if (step.undo_status != saga::UndoStatus::kNone) undone.push_back(&step);
  for (const auto& child : step.children) collect_undone(child, undone);
}

void append_compensation(std::string& out, const saga::State& state) {
  JsonObject object(out);
  const auto& compensation = state.compensation;
  object.text("state", to_string(compensation.state));
  if (compensation.started_at != Timestamp{}) {
    object.text("reason", to_string(compensation.reason));
    object.text_or_null("failedStep", compensation.failed_step);
    object.payload("error", compensation.error);
    object.time("startedAt", compensation.started_at);
  }
  std::vector<const StepState*> undone;
  collect_undone(state.root, undone);
  std::ranges::sort(undone, std::greater(), &StepState::ended_position);
  const bool ended = state.outcome.has_value();
  append_array(object.key("steps"), undone, [ended](std::string& text, const StepState* step) {
    JsonObject item(text);
    item.text("step", step->path);
    item.text("status", undo_word(step->undo_status, ended));
  });
}

void append_incident_fields(JsonObject& object, const saga::Incident& incident) {
  object.number("number", incident.number);
  object.text("kind", to_string(incident.kind));
  object.text_or_null("step", incident.step);
  object.flag("open", incident.open);
  object.time("raisedAt", incident.raised_at);
  object.payload("error", incident.error);
  if (!incident.resolution) return;
  object.text("resolution", to_string(*incident.resolution));
  object.text("actor", incident.actor);
  object.text("reason", incident.reason);
  object.time("resolvedAt", incident.resolved_at);
}

void append_workflow(std::string& out, std::string_view namespace_name, std::string_view name, std::string_view version,
                     std::string_view digest) {
  JsonObject object(out);
  object.text("namespace", namespace_name);
  object.text("name", name);
  object.text("version", version);
  object.text("digest", digest);
}

void append_execution(std::string& out, const saga::State& state) {
  JsonObject object(out);
  object.id("id", state.id);
  append_workflow(object.key("workflow"), state.namespace_name, state.name, state.version, state.digest);
  object.text("phase", to_string(state.phase));
  object.text_or_null("outcome", state.outcome ? to_string(*state.outcome) : std::string_view());
  object.text_or_null("status", state.status);
  object.payload("input", state.input);
  object.payload("output", state.output);
  object.payload("error", state.error);
  append_labels(object.key("labels"), state.labels);
  object.time("startedAt", state.started_at);
  object.time("updatedAt", state.updated_at);
  object.time("endedAt", state.ended_at);
  if (state.deadline) object.time("deadline", *state.deadline);
  object.number("position", state.position);
  if (state.suspended) object.flag("suspended", true);
  if (state.cancel_requested) object.text("cancelReason", state.cancel_reason);
  if (state.pivoted) object.flag("pivoted", true);
  append_compensation(object.key("compensation"), state);
  append_steps(object.key("steps"), state.root.children, state.outcome.has_value());
  append_array(object.key("incidents"), state.incidents, [](std::string& text, const saga::Incident& incident) {
    JsonObject item(text);
    append_incident_fields(item, incident);
  });
  if (state.replay_of) {
    JsonObject source(object.key("replayOf"));
    source.id("execution", state.replay_of->execution);
    source.text("from", state.replay_of->from);
  } else {
    object.raw("replayOf", "null");
  }
  if (state.depth != 0) object.number("depth", state.depth);
  if (state.parent) {
    JsonObject parent(object.key("parent"));
    parent.id("execution", state.parent->by.execution);
    parent.text("step", state.parent->by.step);
    parent.flag("waits", state.parent->awaited);
  } else {
    object.raw("parent", "null");
  }
  append_array(object.key("replays"), state.replays, [](std::string& text, const saga::ExecutionReplayed& replay) {
    JsonObject item(text);
    item.id("execution", replay.replay);
    item.text("from", replay.from);
    item.text("reason", replay.reason);
  });
}

}  // namespace

std::string execution_view(const saga::State& state) {
  std::string out;
  out.reserve(1024 + state.input.text().size() + state.output.text().size());
  append_execution(out, state);
  mask_callbacks(out);
  return out;
}

void append_execution_item(std::string& out, const ports::StoredExecution& execution) {
  JsonObject object(out);
  const auto& created = execution.created;
  const auto& summary = execution.summary;
  object.id("id", execution.id);
  append_workflow(object.key("workflow"), created.namespace_name, created.workflow, created.version, created.digest);
  object.text("phase", summary.phase);
  object.text_or_null("outcome", summary.outcome);
  object.text_or_null("status", summary.status);
  append_labels(object.key("labels"), created.labels);
  object.text_or_null("idempotencyKey", created.idempotency_key.value_or(""));
  object.time("startedAt", created.started_at);
  object.time("endedAt", summary.ended_at.value_or(Timestamp{}));
  object.number("openIncidents", summary.open_incidents);
  append_id_or_null(object, "replayOf", created.replay_of);
  append_id_or_null(object, "parent", created.parent);
}

void append_history_item(std::string& out, const ports::HistoryRow& row) {
  JsonObject object(out);
  object.number("position", row.position);
  object.time("at", row.at);
  object.number("epoch", row.epoch);
  object.text("type", row.kind);
  object.text_or_null("step", row.step);
  if (row.attempt > 0) {
    object.number("attempt", row.attempt);
  } else {
    object.raw("attempt", "null");
  }
  object.text_or_null("actor", row.actor);
  std::string data = row.data.empty() ? "{}" : row.data;
  mask_callbacks(data);
  object.raw("data", data);
}

void append_incident_item(std::string& out, const saga::State& state, const saga::Incident& incident) {
  std::string item;
  {
    JsonObject object(item);
    object.id("execution", state.id);
    append_workflow(object.key("workflow"), state.namespace_name, state.name, state.version, state.digest);
    append_incident_fields(object, incident);
  }
  mask_callbacks(item);
  out += item;
}

void append_unreadable_item(std::string& out, const ports::StoredExecution& execution, const std::string& why) {
  const auto& created = execution.created;
  const Payload error = saga::make_problem("runtime", 0, "The execution cannot be read or advanced",
                                           why.empty() ? "the log of the server that has it says why" : why, {});
  JsonObject object(out);
  object.id("execution", execution.id);
  append_workflow(object.key("workflow"), created.namespace_name, created.workflow, created.version, created.digest);
  object.number("number", 0);
  object.text("kind", "unreadable");
  object.raw("step", "null");
  object.flag("open", true);
  object.raw("raisedAt", "null");
  object.payload("error", error);
}

}  // namespace skald::api

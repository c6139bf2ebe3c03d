#include "engine/runtime/lifecycle_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/saga/path.hpp"

namespace skald::runtime {
namespace {

constexpr std::string_view kFamily = "io.serverlessworkflow.";

struct Change {
  std::string name;  // "workflow.started"
  Json data;
};

class Reader {
 public:
  Reader(const saga::Event& event, const saga::State& state, const definition::Definition* definition)
      : at_(format_rfc3339(event.at)), state_(state), definition_(definition) {}

  std::optional<Change> operator()(const saga::ExecutionStarted&) const {
    Change change = of_workflow("started", "startedAt");
    change.data["definition"] = {
        {"name", state_.name}, {"namespace", state_.namespace_name}, {"version", state_.version}};
    return change;
  }
  std::optional<Change> operator()(const saga::ExecutionSuspended&) const {
    return of_workflow("suspended", "suspendedAt");
  }
  std::optional<Change> operator()(const saga::ExecutionResumed&) const { return of_workflow("resumed", "resumedAt"); }
  std::optional<Change> operator()(const saga::ExecutionEnded& ended) const {
    if (ended.phase == saga::Phase::kCancelled) return of_workflow("cancelled", "cancelledAt");
    if (ended.phase == saga::Phase::kFaulted) return with("error", ended.error, of_workflow("faulted", "faultedAt"));
    return with("output", ended.output, of_workflow("completed", "completedAt"));
  }
  std::optional<Change> operator()(const saga::StepStarted& step) const {
    return of_step(step.step, "started", "startedAt");
  }
  std::optional<Change> operator()(const saga::AttemptStarted& step) const {
    return of_step(step.step, "retried", "retriedAt");
  }
  std::optional<Change> operator()(const saga::StepCompleted& step) const {
    auto change = of_step(step.step, "completed", "completedAt");
    return change ? with("output", step.output, std::move(*change)) : change;
  }
  std::optional<Change> operator()(const saga::StepFailed& step) const {
    auto change = of_step(step.step, "faulted", "faultedAt");
    return change ? with("error", step.error, std::move(*change)) : change;
  }
  template <class Other>
  std::optional<Change> operator()(const Other&) const {
    return std::nullopt;
  }

 private:
  std::string qualified_name() const {
    return fmt::format("{}-{}.{}", state_.name, to_string(state_.id), state_.namespace_name);
  }

  Change of_workflow(std::string_view what, const char* when) const {
    return {fmt::format("workflow.{}.v1", what), {{"name", qualified_name()}, {when, at_}}};
  }

  // Undos are no steps of the document.
  std::optional<Change> of_step(const std::string& path, std::string_view what, const char* when) const {
    const auto* step = definition_ ? definition_->find(saga::static_path(path)) : nullptr;
    if (step == nullptr || saga::is_in_undo(path)) return std::nullopt;
    return Change{fmt::format("task.{}.v1", what),
                  {{"workflow", qualified_name()}, {"task", step->pointer}, {when, at_}}};
  }

  static Change with(const char* key, const Payload& value, Change change) {
    change.data[key] = value.json();
    return change;
  }

  std::string at_;
  const saga::State& state_;
  const definition::Definition* definition_;
};

}  // namespace

std::optional<LifecycleEvent> lifecycle_event_of(const saga::Event& event, std::uint64_t position,
                                                 const saga::State& state, const definition::Definition* definition) {
  auto change = std::visit(Reader(event, state, definition), event.data);
  if (!change) return std::nullopt;
  const std::string id = to_string(state.id);
  LifecycleEvent made{.type = std::string(kFamily) + change->name, .envelope = {}};
  made.envelope = dump_json({{"specversion", "1.0"},
                             {"id", fmt::format("{}/{}", id, position)},
                             {"source", fmt::format("/v1/workflows/{}/{}", state.namespace_name, state.name)},
                             {"subject", id},
                             {"type", made.type},
                             {"time", format_rfc3339(event.at)},
                             {"datacontenttype", "application/json"},
                             {"data", std::move(change->data)}});
  return made;
}

bool wants_lifecycle_events(const definition::OperationCatalog& operations) {
  return std::ranges::any_of(operations.sinks, [](const auto& sink) {
    return std::ranges::any_of(sink.second.types, [](const std::string& type) { return type.starts_with(kFamily); });
  });
}

bool takes_lifecycle_event(const definition::EventSink& sink, std::string_view type) {
  definition::EventSink named{.operation = sink.operation, .types = {}};
  std::ranges::copy_if(sink.types, std::back_inserter(named.types),
                       [](const std::string& wanted) { return wanted.starts_with(kFamily); });
  return !named.types.empty() && named.takes(type);
}

}  // namespace skald::runtime

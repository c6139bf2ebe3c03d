#include "engine/runtime/schedule_notes.hpp"

#include <utility>

#include "engine/runtime/start.hpp"

namespace skald::runtime {
namespace {

constexpr Millis kPause{5'000};

}  // namespace

void ScheduleNotes::started(const ports::WorkflowName& workflow, const ExecutionId& execution) {
  // What was refused within the same seconds stays to be seen: which of them came last nobody can tell.
  auto& note = notes_[workflow];
  note.at = host_.shared().time.now();
  note.execution = execution;
  again();
}

void ScheduleNotes::refused(const ports::WorkflowName& workflow, const Error& error) {
  notes_[workflow].error = refusal_text(error);
  again();
}

void ScheduleNotes::again() {
  if (!pending()) host_.timers().set(*this, host_.shared().time.steady() + kPause);
}

void ScheduleNotes::fired() {
  if (host_.shared().draining || host_.is_closed()) return;
  host_.offload([&store = store_, notes = std::exchange(notes_, {})] { return write(store, notes); },
                [this](const Result<void>& written) {
                  if (!written) host_.warn("what events have started could not be noted", written.error());
                });
}

Result<void> ScheduleNotes::write(ports::ScheduleStore& store, const Notes& notes) {
  ports::ShardSet shards;
  for (const auto& [workflow, note] : notes) shards.set(shard_of_workflow(workflow.namespace_name, workflow.name));
  auto rows = store.list_schedules(shards);
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (auto& row : *rows) {
    const auto it = notes.find(row.workflow);
    if (it == notes.end()) continue;
    const auto& note = it->second;
    if (note.execution) {
      row.last_at = note.at;
      row.last_execution = note.execution;
    }
    row.error = note.error;
    // Whoever wrote it meanwhile knows something newer.
    const auto written = store.put_schedule(row);
    if (!written) return std::unexpected(written.error());
  }
  return {};
}

}  // namespace skald::runtime

#include "tests/simulation/oracle.hpp"

#include <algorithm>

#include "engine/runtime/execution_loader.hpp"
#include "engine/runtime/history_rows.hpp"
#include "engine/saga/apply.hpp"
#include "engine/saga/path.hpp"
#include "tests/engine/saga/saga_bench.hpp"

namespace skald::simulation {
namespace {

bool starts_attempt(const ports::HistoryRow& row) {
  return row.kind == "StepStarted" || row.kind == "AttemptStarted" || row.kind == "SettleStarted" ||
         row.kind == "UndoStarted";
}

std::string describe(const ports::ParticipantCall& call) {
  return fmt::format("{} {} attempt {} epoch {}", short_id(call.execution), path_of_key(call.key), call.attempt,
                     call.epoch);
}

// When the history says that the attempt may begin: of a wait that nothing has cut short.
std::optional<Timestamp> scheduled_at(const std::vector<ports::HistoryRow>& rows, std::string_view path,
                                      std::uint32_t attempt) {
  const ports::HistoryRow* before = nullptr;
  for (const auto& row : rows) {
    if (row.step != path) continue;
    if (starts_attempt(row) && row.attempt == attempt) break;
    before = &row;
  }
  if (!before || before->kind != "RetryScheduled") return std::nullopt;
  const auto event = runtime::to_event(*before);
  return event ? std::optional(std::get<saga::RetryScheduled>(event->data).at) : std::nullopt;
}

// A step that a replay has taken over keeps the keys of the execution that did it.
std::string expected_key(const std::vector<ports::HistoryRow>& rows, const ExecutionId& id, std::string_view path) {
  ExecutionId owner = id;
  for (const auto& row : rows) {
    if (row.kind != "StepReused" || row.step != saga::step_of(path)) continue;
    if (const auto event = runtime::to_event(row)) owner = std::get<saga::StepReused>(event->data).origin;
  }
  return fmt::format("{}/{}", to_string(owner), path);
}

// Of an execution that has ended, by its own definition.
bool refuses_replay(const Error& error) {
  return error.code == "replay.standing" || error.code == "replay.undone" || error.code == "replay.not_failed" ||
         error.code == "replay.unknown_step";
}

// Another replay may have done the work already, or do it.
bool may_be_repeated(const Result<saga::State>& original, const runtime::ReplayCommand& command) {
  return !command.accept_standing && original && (!original->replays.empty() || original->replay_of);
}

// The last request that was stored for a path: of a step, or of an undo.
saga::RequestPtr stored_request(const std::vector<ports::HistoryRow>& rows, std::string_view path) {
  saga::RequestPtr request;
  for (const auto& row : rows) {
    if (row.step != path || (row.kind != "StepStarted" && row.kind != "UndoStarted")) continue;
    const auto event = runtime::to_event(row);
    if (!event) continue;
    if (const auto* step = std::get_if<saga::StepStarted>(&event->data)) request = step->request;
    if (const auto* undo = std::get_if<saga::UndoStarted>(&event->data)) request = undo->request;
  }
  return request;
}

}  // namespace

void Oracle::problem(std::string text) {
  world_.note("ORACLE", "{}", text);
  problems_.push_back(std::move(text));
}

void Oracle::event_sent(const ports::ParticipantCall& call, const Life& life) {
  world_.note(fmt::format("n{}", life.node), "sends the event {}", describe(call));
  bool emitted = false;
  for (const auto& row : database_.history(call.execution)) {
    if (row.kind != "StepCompleted" || row.step != path_of_key(call.key)) continue;
    const auto event = runtime::to_event(row);
    const auto* completed = event ? std::get_if<saga::StepCompleted>(&event->data) : nullptr;
    emitted = completed && completed->emitted && completed->emitted->text() == call.request->body;
  }
  if (!emitted) problem(fmt::format("an event was sent that is not in the history: {}", describe(call)));
  if (life.draining) problem(fmt::format("an event was sent by a process that ends: {}", describe(call)));
}

void Oracle::call_sent(const ports::ParticipantCall& call, const Life& life) {
  if (is_event(call)) return event_sent(call, life);
  world_.note(fmt::format("n{}", life.node), "sends {}", describe(call));
  const auto rows = database_.history(call.execution);
  const auto path = path_of_key(call.key);
  // The last word of the history on this step is that this attempt has begun.
  const auto last = std::find_if(rows.rbegin(), rows.rend(), [&](const auto& row) {
    return row.step == path && row.kind != "IncidentResolved" && row.kind != "IncidentRaised";
  });
  const bool intended =
      last != rows.rend() && starts_attempt(*last) && last->attempt == call.attempt && last->epoch == call.epoch;
  if (!intended) problem(fmt::format("sent without a durable intent: {}", describe(call)));
  if (!calls_.emplace(call.key, call.attempt, call.epoch).second) {
    problem(fmt::format("sent a second time as the same attempt: {}", describe(call)));
  }
  const auto at = scheduled_at(rows, path, call.attempt);
  // What a process wrote whose clock was ahead when it began comes early for others.
  if (at && world_.utc() + clocks_.ahead_most < *at) problem(fmt::format("sent before its time: {}", describe(call)));
  if (life.draining) problem(fmt::format("sent by a process that ends: {}", describe(call)));
  if (call.key != expected_key(rows, call.execution, path)) problem(fmt::format("sent under the key {}", call.key));
  check_request(call, rows);
}

void Oracle::call_written(const ports::ParticipantCall& call) {
  const auto epoch = database_.cluster().epoch_of(shard_of(call.execution));
  if (leases_ && epoch != call.epoch) {
    problem(fmt::format("written while another node had it, under epoch {}: {}", epoch, describe(call)));
  }
}

void Oracle::check_request(const ports::ParticipantCall& call, const std::vector<ports::HistoryRow>& rows) {
  auto& request = requests_[call.key];
  if (!request) request = stored_request(rows, path_of_key(call.key));
  if (!request || !(*request == *call.request)) {
    problem(fmt::format("sent with another body than stored: {}", describe(call)));
  }
}

void Oracle::start_acknowledged(const runtime::Started& started, const Payload& input) {
  const auto rows = database_.history(started.id);
  if (rows.empty())
    return problem(fmt::format("the start of {} was acknowledged and is not stored", short_id(started.id)));
  const auto first = runtime::to_event(rows.front());
  const auto* begun = first ? std::get_if<saga::ExecutionStarted>(&first->data) : nullptr;
  if (!begun || begun->input.text() != input.text()) {
    problem(fmt::format("the history of {} does not begin with the acknowledged start", short_id(started.id)));
  }
}

void Oracle::replay_acknowledged(const runtime::Started& started, const runtime::ReplayCommand& command) {
  const auto replay = runtime::read_state(database_.rows(), started.id);
  const auto original = runtime::read_state(database_.rows(), command.original);
  if (!replay || !original) {
    return problem(fmt::format("the replay {} was acknowledged and is not stored", short_id(started.id)));
  }
  if (replay->replay_of != saga::ReplaySource{.execution = command.original, .from = command.from}) {
    problem(fmt::format("{} was acknowledged as a replay of {}, and is none", short_id(started.id),
                        short_id(command.original)));
  }
  if (std::ranges::count(original->replays, started.id, &saga::ExecutionReplayed::replay) != 1) {
    problem(fmt::format("the replay {} was acknowledged, and {} is not marked", short_id(started.id),
                        short_id(command.original)));
  }
}

void Oracle::replay_refused(const Error& error, const runtime::ReplayCommand& command) {
  const auto original = runtime::read_state(database_.rows(), command.original);
  const bool taken_over = original && std::ranges::any_of(original->replays, &saga::ExecutionReplayed::reuses);
  const bool may_be_refused = command.from != "start" || !command.accept_standing;
  const bool has_reason = error.code == "replay.reused"     ? taken_over
                          : error.code == "replay.repeated" ? may_be_repeated(original, command)
                                                            : may_be_refused && refuses_replay(error);
  // What had ended may be undoing itself for who ran it.
  const bool goes_on = error.code == "replay.not_ended" && original && original->undone_by;
  if (!has_reason && !goes_on) {
    problem(fmt::format("the replay of {} from {} was refused: {}", short_id(command.original), command.from,
                        to_text(error)));
  }
}

void Oracle::state_seen(const saga::State& state) {
  ++states_compared_;
  saga::State folded{.id = state.id};
  for (auto& row : database_.history(state.id)) {
    if (folded.position == state.position) break;
    auto event = runtime::to_event(std::move(row));
    if (!event) return problem(fmt::format("the history of {} cannot be read", short_id(state.id)));
    saga::apply(folded, *event);
  }
  const auto live = saga::describe(state);
  const auto replayed = saga::describe(folded);
  if (live == replayed) return;
  problem(fmt::format("the state of {} at position {} is not the fold of its history\n--- live\n{}--- replayed\n{}",
                      short_id(state.id), state.position, live, replayed));
}

}  // namespace skald::simulation

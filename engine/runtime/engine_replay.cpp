// Replays: the mark on the original and the first append of the replay are written together.
#include <algorithm>
#include <exception>
#include <utility>

#include "engine/runtime/earlier_replays.hpp"
#include "engine/runtime/engine_impl.hpp"
#include "engine/runtime/history_rows.hpp"
#include "engine/runtime/refusals.hpp"
#include "engine/runtime/replay_plan.hpp"
#include "engine/runtime/replay_remedy.hpp"
#include "engine/runtime/start.hpp"
#include "engine/runtime/unique_key.hpp"
#include "engine/saga/decide.hpp"

namespace skald::runtime {

namespace {

struct Original {
  saga::State state;
  std::vector<saga::Event> history;
  definition::DefinitionPtr definition;
  definition::DefinitionPtr replayed_with;
  std::optional<Error> repeated;  // why it is not to be replayed without leave
  std::string next_key;           // see EarlierReplays; empty where they could not be read
};

// What may be removed before the replay is written would leave the mark of a replay on nothing.
constexpr Millis kRemovalMargin{60'000};

bool is_expired(const saga::State& original, const Shared& shared) {
  const Millis kept = shared.options.retention;
  if (kept == Millis(0) || !saga::is_terminal(original.phase)) return false;
  return shared.time.now() >= original.ended_at + kept - std::min(kept / 10, kRemovalMargin);
}

// How often a replay looks again when somebody else wrote to its original, or began a replay, meanwhile.
constexpr int kTriesMax = 3;

Result<Original> read_original(ports::HistoryStore& store, Definitions& definitions, const ReplayCommand& command) {
  const ExecutionId& id = command.original;
  auto history = read_events(store, id);
  if (!history) return std::unexpected(std::move(history.error()));
  auto state = read_state(store, id);
  if (!state) return std::unexpected(std::move(state.error()));
  Original original{.state = std::move(*state), .history = std::move(*history)};
  auto definition = definitions.by_digest(original.state.digest);
  if (!definition) return std::unexpected(std::move(definition.error()));
  original.definition = original.replayed_with = std::move(*definition);
  if (command.version) {
    auto other = definitions.find_stored(original.state.namespace_name, original.state.name, command.version);
    if (!other) return std::unexpected(std::move(other.error()));
    original.replayed_with = std::move(other->definition);
  }
  auto earlier = find_earlier_replays(store, original.state);
  if (earlier) {
    original.repeated = std::move(earlier->repeated);
    original.next_key = std::move(earlier->next_key);
  } else {
    original.repeated = std::move(earlier.error());
  }
  return original;
}

// The append that marks the original.
// Errors: the refusals of saga::decide.
Result<ports::Append> mark_original(const Original& original, const ReplayCommand& command,
                                    const saga::RecordReplay& record, const definition::OperationCatalog& operations,
                                    const Shared& shared) {
  const saga::Context context{.definition = *original.definition,
                              .operations = operations,
                              .now = std::max(shared.time.now(), original.state.updated_at),
                              .seed = 0,
                              .epoch = shared.shards.epoch_of(original.state.id)};
  auto decision = saga::decide(context, original.state, saga::Input{.actor = command.actor, .what = record});
  if (decision.refusal) {
    decision.refusal->subject = to_string(original.state.id);
    return std::unexpected(std::move(*decision.refusal));
  }
  return ports::Append{.execution = original.state.id,
                       .epoch = context.epoch,
                       .expected_position = original.state.position,
                       .create = std::nullopt,
                       .rows = to_rows(decision.events, original.state.position),
                       .summary = std::nullopt};
}

struct Intent {
  ReplayPlan plan;
  ports::Append mark;
};

// Errors: those of plan_replay and mark_original.
Result<Intent> intend(const Original& original, const ReplayCommand& command, const ExecutionId& id, Timestamp now,
                      const Shared& shared) {
  auto plan = plan_replay(command, ReplayBasis{.original = original.state,
                                               .history = original.history,
                                               .definition = *original.replayed_with,
                                               .followed = *original.definition,
                                               .replay = id,
                                               .now = now});
  if (!plan) return std::unexpected(std::move(plan.error()));
  auto mark = mark_original(original, command, plan->record, *shared.definitions.operations(), shared);
  if (!mark) return std::unexpected(std::move(mark.error()));
  return Intent{.plan = std::move(*plan), .mark = std::move(*mark)};
}

Result<std::unique_ptr<NewStart>> prepare(const Original& original, const ReplayCommand& command, const ExecutionId& id,
                                          const Shared& shared) {
  const auto& definition = original.replayed_with;
  const Timestamp now = shared.time.now();
  const auto intend_as = [&](const ReplayCommand& wanted) { return intend(original, wanted, id, now, shared); };
  auto intent = intend_as(command);
  if (!intent) {
    return std::unexpected(
        with_remedy(std::move(intent.error()), command, original.state, [&](const ReplayCommand& other) {
          return (other.accept_standing || !original.repeated) && intend_as(other).has_value();
        }));
  }
  if (original.repeated && !command.accept_standing) return std::unexpected(*original.repeated);
  ReplayPlan& plan = intent->plan;
  if (auto checked = check_input(*definition, plan.start.input); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  auto unique = unique_key_of(*definition, plan.start, now);
  if (!unique) return std::unexpected(std::move(unique.error()));
  auto start = std::make_unique<NewStart>();
  start->row = new_row(*definition, id, now, plan.start.labels);
  start->row.replay_of = original.state.id;
  start->row.unique = std::move(*unique);
  if (!original.next_key.empty()) start->row.idempotency_key = original.next_key;
  start->definition = definition;
  start->input = saga::Input{.actor = command.actor, .what = std::move(plan.start)};
  start->companion = std::move(intent->mark);
  return start;
}

}  // namespace

struct Engine::Impl::ReplayOriginal : Original {};

struct Engine::Impl::ReplayTask {
  ReplayCommand command;
  Callback<Started> callback;
  std::uint64_t number = 0;  // in the inbox
  int tries = 1;
};

void Engine::Impl::replay(ReplayCommand command, Callback<Started> callback) {
  const ExecutionId original = command.original;
  if (remote_commands_ && !shared_.shards.serves(original)) {
    return apply_remotely(original, encode_command(command),
                          [this, callback = std::move(callback)](Result<std::optional<ExecutionId>> answer) mutable {
                            if (!answer) return callback(std::unexpected(std::move(answer.error())));
                            view(**answer,
                                 [id = **answer, callback = std::move(callback)](Result<Snapshot> state) mutable {
                                   if (!state) return callback(std::unexpected(std::move(state.error())));
                                   callback(Started{.id = id, .existing = false, .state = std::move(*state)});
                                 });
                          });
  }
  on_loop_of(original,
             [this, command = std::move(command), callback = std::move(callback)](ExecutionHost& host) mutable {
               replay_on(host, {.command = std::move(command), .callback = std::move(callback)});
             });
}

void Engine::Impl::apply_replay(ReplayCommand command, std::uint64_t number, InboxReader::Applied applied) {
  const ExecutionId original = command.original;
  on_loop_of(original,
             [this, command = std::move(command), number, applied = std::move(applied)](ExecutionHost& host) mutable {
               auto callback = [applied = std::move(applied)](Result<Started> started) mutable {
                 if (!started) return applied(std::unexpected(std::move(started.error())));
                 applied(started->id);
               };
               replay_on(host, {.command = std::move(command), .callback = std::move(callback), .number = number});
             });
}

void Engine::Impl::replay_on(ExecutionHost& host, ReplayTask task) {
  if (auto admitted = admit(); !admitted) return task.callback(std::unexpected(std::move(admitted.error())));
  auto read = [&shared = shared_, command = task.command] {
    return read_original(shared.history, shared.definitions, command);
  };
  const ExecutionId original_id = task.command.original;
  host.offload_on(original_id, std::move(read),
                  [this, &host, task = std::move(task)](Result<Original> original) mutable {
                    if (!original) return task.callback(std::unexpected(std::move(original.error())));
                    replay_read(host, ReplayOriginal{std::move(*original)}, std::move(task));
                  });
}

void Engine::Impl::replay_read(ExecutionHost& host, const ReplayOriginal& original, ReplayTask task) {
  const ReplayCommand& command = task.command;
  if (is_expired(original.state, shared_)) {
    return task.callback(failure("replay.expired", "the execution has ended so long ago that it is about to be removed",
                                 to_string(command.original), "start a new one with the same input"));
  }
  // Both live on one loop, so that one append can hold them.
  ExecutionId id = new_id();
  while (&host_of(id) != &host) id = new_id();
  auto start = [&]() -> Result<std::unique_ptr<NewStart>> {
    const ports::Holding holding(shared_.in_hand, command.original);
    try {
      return prepare(original, command, id, shared_);
    } catch (const std::exception& error) {
      return failure("engine.internal", "the replay could not be prepared", to_string(command.original), {},
                     error.what());
    }
  }();
  if (!start) return task.callback(std::unexpected(std::move(start.error())));
  if (task.number != 0) {
    (*start)->companion->applied = ports::CommandApplied{.number = task.number, .answer = encode_answer(id)};
  }
  (*start)->answer = [this, &host, id, task = std::move(task)](
                         Result<Snapshot> state, const std::optional<NewStart::Existing>& existing) mutable {
    if (existing && existing->has_unique_key) return task.callback(std::unexpected(taken(existing->id)));
    if (!existing && state) return task.callback(Started{.id = id, .existing = false, .state = std::move(*state)});
    auto error = existing ? Error{.code = std::string(kConflictCode)} : std::move(state.error());
    if (error.code == kConflictCode) {
      if (task.tries++ < kTriesMax) return replay_on(host, std::move(task));
      error.code = "store.unavailable";
      error.subject = to_string(task.command.original);
    }
    task.callback(std::unexpected(std::move(error)));
  };
  host.create(id).begin(std::move(*start));
}

}  // namespace skald::runtime

#include "engine/runtime/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "engine/definition/schedule/next_time.hpp"
#include "engine/runtime/start.hpp"

namespace skald::runtime {
namespace {

constexpr Millis kScheduleLookInterval{1'000};
constexpr std::size_t kAtOnce = 64;
constexpr Millis kPauseAfterTrouble{1'000};
// Later than this a start was missed.
constexpr Millis kMissed{60'000};
// How often the end of an execution is looked for.
constexpr Millis kEndLookMin{500};
constexpr Millis kEndLookMax{60'000};

const definition::Schedule& schedule_of(const definition::DefinitionPtr& definition) {
  return *definition->schedule;
}

// As the row has it: what it says anew makes the time that follows from it anew.
std::string stored_rule(const definition::Schedule& schedule) {
  return schedule.time_zone.empty() ? schedule.rule : schedule.rule + " in " + schedule.time_zone;
}

bool is_live(const ports::StoredExecution& execution) {
  return execution.summary.wake_at.has_value();
}

bool is_missed(const definition::Schedule& schedule, Timestamp due, Timestamp now) {
  const auto following = definition::following_time(schedule, due, due);
  return now - due > kMissed || (following && *following <= now);
}

}  // namespace

Scheduler::Scheduler(ExecutionHost& host, ports::ScheduleStore& store, Start start)
    : host_(host), store_(store), start_(std::move(start)) {}

void Scheduler::fired() {
  look();
}

void Scheduler::look() {
  if (shared().draining || host_.is_closed()) return;
  const auto now = shared().time.now();
  Millis pause = kScheduleLookInterval;
  must_read_ = must_read_ || epochs_ != shared().shards.epochs();
  const bool is_current = !must_read_ && scheduled_ == shared().definitions.scheduled();
  // What is under way comes to its end before anything of it is changed.
  if (!is_current && busy_ == 0) must_read_ ? read() : reconcile();
  for (auto it = entries_.begin(); is_current && it != entries_.end() && busy_ < kAtOnce; ++it) {
    auto& entry = it->second;
    look_at(entry);
    if (!entry.row.next_at || entry.is_busy || *entry.row.next_at <= now) continue;
    pause = std::min(pause, std::chrono::duration_cast<Millis>(*entry.row.next_at - now));
  }
  host_.timers().set(*this, shared().time.steady() + pause);
}

void Scheduler::read() {
  if (std::exchange(is_reading_, true)) return;
  host_.offload([&store = store_, shards = shared().shards.held()] { return store.list_schedules(shards); },
                [this, epochs = shared().shards.epochs()](Result<std::vector<ports::StoredSchedule>> rows) {
                  is_reading_ = false;
                  if (!rows) return host_.warn("schedules could not be read; it is tried again", rows.error());
                  must_read_ = false;
                  epochs_ = epochs;
                  scheduled_.reset();
                  entries_.clear();
                  for (auto& row : *rows) entries_[row.workflow].row = std::move(row);
                  look();
                });
}

void Scheduler::reconcile() {
  scheduled_ = shared().definitions.scheduled();
  for (auto& [workflow, entry] : entries_) entry.definition.reset();
  for (const auto& definition : *scheduled_) {
    const ports::WorkflowName workflow{.namespace_name = definition->namespace_name, .name = definition->name};
    if (shared().shards.epoch_of(shard_of_workflow(workflow.namespace_name, workflow.name)) == 0) continue;
    auto& entry = entries_[workflow];
    entry.row.workflow = workflow;
    reconcile(entry, definition);
  }
  for (auto& [workflow, entry] : entries_) {
    if (entry.definition || entry.row.rule.empty()) continue;
    // Not where this node cannot read what runs, or when: another one can.
    const auto runs = shared().definitions.find(workflow.namespace_name, workflow.name, std::nullopt);
    if (!runs || runs->definition->schedule) continue;
    entry.row.rule.clear();
    entry.row.next_at.reset();
    write(entry);
  }
  host_.loop().post([this] { look(); });
}

void Scheduler::reconcile(Entry& entry, const definition::DefinitionPtr& definition) {
  const auto& schedule = schedule_of(definition);
  const auto* cron = std::get_if<definition::Schedule::Cron>(&schedule.kind);
  if (cron && !cron->zone) {
    return host_.warn("a workflow cannot be started by its schedule",
                      {.code = "schedule.zone",
                       .message = "this machine does not know its time zone",
                       .subject = schedule.time_zone,
                       .remedy = "install the tz database (tzdata) and start again"});
  }
  entry.definition = definition;
  auto rule = stored_rule(schedule);
  if (entry.row.rule == rule) return;
  // One that waits for an execution goes on waiting for it.
  const bool waits = std::holds_alternative<definition::Schedule::After>(schedule.kind) &&
                     entry.row.rule.starts_with("after") && entry.row.last_execution;
  entry.row.next_at = waits ? std::nullopt : definition::first_time(schedule, shared().time.now());
  entry.row.rule = std::move(rule);
  entry.row.error.clear();
  write(entry);
}

bool Scheduler::is_ours(const Entry& entry) const {
  const auto& [namespace_name, name] = entry.row.workflow;
  const auto& shards = host_.shared().shards;
  return shards.epoch_of(shard_of_workflow(namespace_name, name)) != 0 &&
         shards.is_certain(host_.shared().time.steady());
}

void Scheduler::look_at(Entry& entry) {
  if (entry.is_busy || !entry.definition || shared().time.steady() < entry.look_from || !is_ours(entry)) return;
  const auto now = shared().time.now();
  const auto& schedule = schedule_of(entry.definition);
  const auto& due = entry.row.next_at;
  if (std::holds_alternative<definition::Schedule::After>(schedule.kind)) {
    if (!due) return look_for_end(entry);
    if (*due <= now) start(entry);
    return;
  }
  if (!due || *due > now) return;
  if (!schedule.makes_up && is_missed(schedule, *due, now)) return pass(entry, "missed");
  begin_start(entry);
}

// Looks at the execution before, where that may stand in the way.
void Scheduler::begin_start(Entry& entry) {
  if (!schedule_of(entry.definition).skips_overlap || !entry.row.last_execution) return start(entry);
  ask(
      entry, [&history = shared().history, id = *entry.row.last_execution] { return history.read_execution(id); },
      [this, &entry](const Result<ports::StoredExecution>& before) {
        if (!before && before.error().code != "execution.unknown") {
          host_.warn("the execution that a schedule started last could not be read; it is tried again", before.error());
          entry.look_from = shared().time.steady() + kPauseAfterTrouble;
          return;
        }
        const bool overlaps = before && is_live(*before);
        overlaps ? pass(entry, "skipped") : start(entry);
      });
}

void Scheduler::start(Entry& entry) {
  entry.is_busy = true;
  ++busy_;
  const Begun begun{.due = *entry.row.next_at, .at = shared().time.now()};
  start_(start_at(*entry.definition, begun.due), [this, &entry, begun](Result<Started> result) {
    host_.loop().post([this, &entry, begun, result = std::move(result)]() mutable {
      finish(entry);
      if (host_.is_closed()) return;
      started(entry, begun, std::move(result));
      look();
    });
  });
}

void Scheduler::started(Entry& entry, const Begun& begun, Result<Started> result) {
  auto& telemetry = shared().telemetry;
  if (!result && may_pass(result.error())) {
    host_.warn("a schedule could not start its workflow; it is tried again", result.error());
    entry.look_from = shared().time.steady() + kPauseAfterTrouble;
    return;
  }
  if (result) {
    telemetry.schedule_start(result_of(*result));
    if (!result->existing) {
      telemetry.schedule_lateness(std::chrono::duration_cast<Millis>(shared().time.now() - begun.due));
    }
    entry.row.last_at = begun.due;
    entry.row.last_execution = result->id;
    entry.row.error.clear();
  } else {
    telemetry.schedule_start("refused");
    log_refused_start(shared().log, entry.row.workflow, result.error());
    entry.row.error = refusal_text(result.error());
  }
  const auto* after = std::get_if<definition::Schedule::After>(&schedule_of(entry.definition).kind);
  if (!after) return move_on(entry, begun);
  entry.row.next_at.reset();
  if (!result) entry.row.next_at = shared().time.now() + after->delay;
  write(entry);
}

void Scheduler::look_for_end(Entry& entry) {
  const auto delay = std::get<definition::Schedule::After>(schedule_of(entry.definition).kind).delay;
  entry.look_from = shared().time.steady() + std::clamp(delay / 2, kEndLookMin, kEndLookMax);
  ask(
      entry,
      [&history = shared().history, id = entry.row.last_execution.value_or(ExecutionId{})] {
        return history.read_execution(id);
      },
      [this, &entry](const Result<ports::StoredExecution>& execution) { ended(entry, execution); });
}

void Scheduler::ended(Entry& entry, const Result<ports::StoredExecution>& execution) {
  if (execution && is_live(*execution)) return;
  if (!execution && execution.error().code != "execution.unknown") {
    return host_.warn("the execution that a schedule waits for could not be read; it is tried again",
                      execution.error());
  }
  // Where it was removed it has ended long ago.
  const auto delay = std::get<definition::Schedule::After>(schedule_of(entry.definition).kind).delay;
  const auto end = execution ? execution->summary.ended_at : std::nullopt;
  entry.row.next_at = end ? *end + delay : shared().time.now();
  entry.look_from = {};
  write(entry);
}

void Scheduler::pass(Entry& entry, std::string_view result) {
  shared().telemetry.schedule_start(result);
  move_on(entry, {.due = *entry.row.next_at, .at = shared().time.now()});
}

void Scheduler::move_on(Entry& entry, const Begun& begun) {
  entry.row.next_at = definition::following_time(schedule_of(entry.definition), begun.due, begun.at);
  write(entry);
}

void Scheduler::write(Entry& entry) {
  ask(
      entry, [&store = store_, row = entry.row] { return store.put_schedule(row); },
      [this, &entry](const Result<bool>& written) {
        if (!written) host_.warn("a schedule could not be written; it is repeated", written.error());
        // What is in memory is not what is stored: from the row again, under the same keys.
        if (!written || !*written) must_read_ = true;
        if (written && *written) ++entry.row.revision;
      });
}

template <class Work, class Done>
void Scheduler::ask(Entry& entry, Work work, Done done) {
  entry.is_busy = true;
  ++busy_;
  host_.offload(std::move(work), [this, &entry, done = std::move(done)](auto result) {
    finish(entry);
    done(std::move(result));
    look();
  });
}

void Scheduler::finish(Entry& entry) {
  entry.is_busy = false;
  --busy_;
}

}  // namespace skald::runtime

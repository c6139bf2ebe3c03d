#include "tests/simulation/database.hpp"

#include <iterator>
#include <limits>

#include "engine/base/invariant.hpp"

namespace skald::simulation {
namespace {

struct Collected final : ports::AppendSink {
  void appended(std::vector<ports::AppendResult> more) override {
    results.insert(results.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  std::vector<ports::AppendResult> results;
};

std::string_view word_of(ports::Verdict verdict) {
  switch (verdict) {
    case ports::Verdict::kWritten:
      return "written";
    case ports::Verdict::kDuplicate:
      return "duplicate";
    case ports::Verdict::kTaken:
      return "taken";
    case ports::Verdict::kConflict:
      return "conflict";
    case ports::Verdict::kFenced:
      return "fenced";
    case ports::Verdict::kRejected:
      return "rejected";
    case ports::Verdict::kUnknown:
      return "unknown";
  }
  return "";
}

}  // namespace

std::string short_id(const ExecutionId& id) {
  return to_string(id).substr(32);
}

std::vector<ports::AppendResult> Database::commit(std::vector<ports::AppendGroup> groups, const Writer& writer) {
  std::vector<ports::AppendResult> results;
  for (auto& group : groups) {
    if (world_.prints()) note(group, writer.node);
    results.push_back(commit_group(std::move(group), writer));
    world_.note("database", "  {}", word_of(results.back().verdict));
  }
  return results;
}

ports::AppendResult Database::commit_group(ports::AppendGroup group, const Writer& writer) {
  for (const auto& append : group.appends) {
    const bool held = writer.member == 0 || cluster_.holds(writer.member, shard_of(append.execution), append.epoch);
    if (!held) {
      ++fenced_;
      return {.ticket = group.ticket, .verdict = ports::Verdict::kFenced};
    }
  }
  const auto appends = group.appends;
  Collected sink;
  rows_.append(std::move(group), sink);
  rows_.deliver();
  SKALD_INVARIANT(sink.results.size() == 1);
  auto& result = sink.results.front();
  if (result.verdict == ports::Verdict::kWritten) {
    for (const auto& append : appends) remember(append);
  }
  return std::move(result);
}

void Database::remember(const ports::Append& append) {
  auto& times = written_at_[append.execution];
  times.resize(times.size() + append.rows.size(), world_.utc());
  if (!append.applied) return;
  if (!cluster_.answer(append.applied->number, append.applied->answer))
    applied_twice_.push_back(append.applied->number);
  if (append.rows.front().kind == "ExecutionReplayed") ++replays_passed_on_;
}

void Database::note(const ports::AppendGroup& group, int node) {
  for (const auto& append : group.appends) {
    std::string text;
    for (const auto& row : append.rows) {
      text += fmt::format(" {}:{}", row.position, row.kind);
      if (!row.actor.empty()) text += " by " + row.actor;
      if (!row.step.empty())
        text += fmt::format("({}{})", row.step, row.attempt ? fmt::format(" #{}", row.attempt) : "");
    }
    if (append.applied) text += fmt::format(" applies command {}", append.applied->number);
    if (append.summary) text += fmt::format(" [{}]", append.summary->phase);
    world_.note("database", "{} from n{}:{}", short_id(append.execution), node, text);
  }
}

std::vector<ports::HistoryRow> Database::history(const ExecutionId& id) {
  return rows_.read_history(id, 0, std::numeric_limits<std::uint32_t>::max())
      .value_or(std::vector<ports::HistoryRow>());
}

std::vector<ports::StoredSchedule> Database::schedules() {
  return rows_.list_schedules(ports::ShardSet().set()).value_or(std::vector<ports::StoredSchedule>());
}

Result<bool> Database::put_schedule(const ports::StoredSchedule& schedule) {
  std::optional<Timestamp> before;
  for (const auto& row : schedules()) {
    if (row.workflow == schedule.workflow) before = row.next_at;
  }
  auto written = rows_.put_schedule(schedule);
  if (!written || !*written) return written;
  const auto text = [](const std::optional<Timestamp>& at) { return at ? format_rfc3339(*at) : "never"; };
  world_.note("database", "schedule of {} moves from {} to {}", schedule.workflow.name, text(before),
              text(schedule.next_at));
  schedule_moves_[schedule.workflow.name].push_back({.from = before, .to = schedule.next_at, .at = world_.utc()});
  return written;
}

std::vector<ports::StoredExecution> Database::executions() {
  return rows_.search({.limit = 500}).value_or(std::vector<ports::StoredExecution>());
}

}  // namespace skald::simulation

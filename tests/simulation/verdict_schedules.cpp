#include "tests/simulation/verdict_schedules.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "tests/simulation/workflows.hpp"

namespace skald::simulation {
namespace {

// The engine makes the start's key of the time.
constexpr std::string_view kKeyPrefix = "schedule/test/beating/";

class SchedulesJudge {
 public:
  SchedulesJudge(const Cases& cases, const std::vector<ScheduleMove>& moves, const Clocks& clocks)
      : cases_(cases), moves_(moves), clocks_(clocks) {}

  std::vector<std::string> judge() {
    for (const auto& [id, judged] : cases_) {
      if (is_scheduled(judged.row.created)) check_start(judged);
    }
    for (const auto& move : moves_) check_move(move);
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void problem(fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  // One for a time that the schedule had, and not before it.
  void check_start(const Case& judged) {
    const auto key = judged.row.created.idempotency_key->substr(kKeyPrefix.size());
    const auto due = parse_rfc3339(key);
    if (!due) return problem("{} was started for '{}', which is no time", short_id(judged.row.id), key);
    if (!begun_.emplace(*due, &judged).second) problem("{} was started twice", key);
    const bool was_due = std::ranges::any_of(moves_, [&](const ScheduleMove& move) { return move.to == *due; });
    if (!was_due) problem("{} was started for {}, which the schedule never had", short_id(judged.row.id), key);
    const Timestamp written = judged.written_at.front();
    if (written + clocks_.ahead_most < *due) problem("{} was started before its time", short_id(judged.row.id));
  }

  // On from a time that has started its execution, by the interval; past no time that had not come.
  void check_move(const ScheduleMove& move) {
    if (!move.to) return problem("the schedule has no time any more");
    if (!move.from) return;
    const auto from = format_rfc3339(*move.from);
    const auto begun = begun_.find(*move.from);
    if (begun == begun_.end() || begun->second->written_at.front() > move.at) {
      problem("the schedule went on from {}, which has started nothing", from);
    }
    const Millis by = *move.to - *move.from;
    if (by <= Millis(0) || by % kBeat != Millis(0)) problem("the schedule went on from {} by {} ms", from, by.count());
    if (*move.to - kBeat > move.at + clocks_.ahead_most) problem("the schedule passed over a time behind {}", from);
  }

  const Cases& cases_;
  const std::vector<ScheduleMove>& moves_;
  const Clocks& clocks_;
  std::map<Timestamp, const Case*> begun_;
  std::vector<std::string> problems_;
};

}  // namespace

bool is_scheduled(const ports::NewExecution& execution) {
  return execution.idempotency_key && execution.idempotency_key->starts_with(kKeyPrefix);
}

std::vector<std::string> judge_schedules(const Cases& cases, const Database& database, const Clocks& clocks) {
  const auto moves = database.schedule_moves().find(kBeatingName);
  if (moves == database.schedule_moves().end()) return {};
  return SchedulesJudge(cases, moves->second, clocks).judge();
}

}  // namespace skald::simulation

#include "engine/runtime/execution_summary.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace skald::runtime {
namespace {

// An active execution's wake_at is moved on once it is nearer than this: far longer than any attempt.
constexpr Millis kActiveMargin = limits::kAuditInterval / 2;

std::optional<Timestamp> wake_to_store(const std::optional<Timestamp>& stored, const saga::State& next, Timestamp now) {
  const auto wake = saga::next_wake(next, now);
  if (!wake) return std::nullopt;
  const Timestamp audit = now + limits::kAuditInterval;
  if (saga::calls_participant(next.root)) return stored && *stored >= now + kActiveMargin ? *stored : audit;
  // Nothing nearer than an audit: one that is on its way already will do.
  if (*wake == audit && stored && *stored >= now + kActiveMargin && *stored <= audit) return stored;
  return wake;
}

// A rest shorter than this is not worth the name: after a restart such an execution counts on from its last event, even
// where the clock has gone back.
constexpr Millis kRestMin{60'000};

// Incidents and unfinished undos are to be told of after a restart.
bool may_rest(const saga::State& next) {
  return !saga::calls_participant(next.root) && !saga::has_open_incident(next) &&
         next.compensation.state != saga::CompensationState::kRunning;
}

bool rests(const ports::ExecutionSummary& stored, const saga::State& next, const std::optional<Timestamp>& wake,
           Timestamp now) {
  if (!wake || !may_rest(next)) return false;
  // Coming nearer to its end is no reason to write the row again.
  return *wake >= now + kRestMin || (stored.resting && stored.wake_at == wake);
}

}  // namespace

std::optional<ports::ExecutionSummary> summary_change(const ports::ExecutionSummary& stored, const saga::State& next,
                                                      Timestamp now) {
  const auto wake = wake_to_store(stored.wake_at, next, now);
  const bool resting = rests(stored, next, wake, now);
  const auto phase = saga::to_string(next.phase);
  const auto outcome = next.outcome ? saga::to_string(*next.outcome) : std::string_view();
  const auto open = static_cast<std::uint32_t>(
      std::count_if(next.incidents.begin(), next.incidents.end(), [](const auto& i) { return i.open; }));
  std::optional<Timestamp> ended;
  if (saga::is_terminal(next.phase)) ended = next.ended_at;
  if (stored.wake_at == wake && stored.phase == phase && stored.outcome == outcome && stored.status == next.status &&
      stored.open_incidents == open && stored.ended_at == ended && stored.resting == resting) {
    return std::nullopt;
  }
  return ports::ExecutionSummary{.phase = std::string(phase),
                                 .outcome = std::string(outcome),
                                 .status = next.status,
                                 .wake_at = wake,
                                 .ended_at = ended,
                                 .open_incidents = open,
                                 .resting = resting};
}

}  // namespace skald::runtime

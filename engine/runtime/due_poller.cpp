#include "engine/runtime/due_poller.hpp"

#include <algorithm>

namespace skald::runtime {
namespace {

constexpr std::size_t kDuePage = 1'000;
constexpr Millis kOverdue{60'000};

}  // namespace

DuePoller::DuePoller(ExecutionHost& host, Resume resume) : host_(host), resume_(std::move(resume)) {}

void DuePoller::begin() {
  again();
}

void DuePoller::again() {
  host_.timers().set(*this, host_.shared().time.steady() + host_.shared().options.due_poll);
}

void DuePoller::fired() {
  auto& shared = host_.shared();
  if (shared.draining) return;
  // Less far ahead than what stays in memory, so that nothing is loaded only to leave again.
  const auto horizon = std::min(shared.options.passivate_after, 2 * shared.options.due_poll);
  const auto until = shared.time.now() + horizon;
  // Read from its beginning: those in memory may fill a page, and at least one page of others must fit behind them.
  const std::size_t limit = kDuePage + shared.active.load(std::memory_order_relaxed);
  host_.offload([&history = shared.history, shards = shared.shards.held(), until,
                 limit] { return history.list_wake_ups(shards, until, {}, limit); },
                [this](Result<std::vector<ports::WakeUp>> due) {
                  if (host_.shared().draining) return;
                  if (due) {
                    const Timestamp overdue = host_.shared().time.now() - kOverdue;
                    std::vector<ExecutionId> ids;
                    std::uint64_t overdue_count = 0;
                    for (const auto& wake_up : *due) {
                      ids.push_back(wake_up.execution);
                      if (wake_up.at <= overdue) ++overdue_count;
                    }
                    host_.shared().telemetry.executions_overdue(overdue_count);
                    // What was found last time comes first.
                    if (host_.shared().activating == 0) resume_(ids);
                  } else {
                    host_.warn("due executions could not be listed; it is tried again", due.error());
                  }
                  again();
                });
}

}  // namespace skald::runtime

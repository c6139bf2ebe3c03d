#include "engine/runtime/retention.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skald::runtime {
namespace {

// A page is one transaction: a few milliseconds.
constexpr std::size_t kEndedPage = 250;
constexpr Millis kPauseMin{20};
// At most a fifth of the time goes into it.
constexpr int kPausePerWork = 4;
constexpr Millis kRoundMin{1'000};
constexpr Millis kRoundMax{600'000};

// Executions are kept by a tenth longer than they must be, and by ten minutes at most.
Millis round_pause(const Shared& shared) {
  return std::clamp(shared.options.retention / 10, kRoundMin, kRoundMax);
}

}  // namespace

void Retention::begin() {
  if (host_.shared().options.retention > Millis(0)) again(round_pause(host_.shared()));
}

void Retention::again(std::chrono::nanoseconds pause) {
  host_.timers().set(*this, host_.shared().time.steady() + pause);
}

void Retention::fired() {
  auto& shared = host_.shared();
  if (shared.draining) return;
  const auto shards = shared.shards.held();
  if (shards.none()) return end_round();
  const Timestamp ended_before = shared.time.now() - shared.options.retention;
  const auto begun = shared.time.steady();
  host_.offload([&history = shared.history, shards, ended_before,
                 after = last_] { return history.remove_ended(shards, ended_before, after, kEndedPage); },
                [this, begun](Result<ports::Removal> removal) {
                  removed(std::move(removal), host_.shared().time.steady() - begun);
                });
}

void Retention::removed(Result<ports::Removal> removal, std::chrono::nanoseconds took) {
  auto& shared = host_.shared();
  if (shared.draining) return;
  if (!removal) {
    host_.warn("what ended long ago could not be removed; it is tried again", removal.error());
    return end_round();
  }
  if (removal->executions > 0) shared.telemetry.executions_removed(removal->executions);
  removed_ += removal->executions;
  last_ = removal->last;
  if (!last_) return end_round();
  again(std::max<std::chrono::nanoseconds>(kPauseMin, kPausePerWork * took));
}

void Retention::end_round() {
  last_.reset();
  if (const auto count = std::to_string(std::exchange(removed_, 0)); count != "0") {
    host_.shared().log.write(ports::LogLevel::kInfo, "removed executions that ended long ago", {{"count", count}});
  }
  again(round_pause(host_.shared()));
}

}  // namespace skald::runtime

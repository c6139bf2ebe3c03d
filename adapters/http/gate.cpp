#include "adapters/http/gate.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/invariant.hpp"

namespace skald::adapters {
namespace {

// Calls that may go at once after a pause: what falls due in 20 ms, so that any second sees the rate and hardly more.
double burst_of(double rate) {
  return std::max(1.0, rate / 50);
}

}  // namespace

Gate::Gate(const CallLimits& call_limits, const std::optional<CircuitBreakerSettings>& breaker) {
  configure(call_limits, breaker);
}

void Gate::configure(const CallLimits& call_limits, const std::optional<CircuitBreakerSettings>& breaker) {
  limits_ = call_limits;
  breaker_ = breaker;
  if (!breaker_) close_circuit();
}

void Gate::close_circuit() {
  state_ = State::kClosed;
  failures_.clear();
}

void Gate::refill(Steady now) {
  const double burst = burst_of(*limits_.rate_per_second);
  if (refilled_ == Steady::min()) {
    tokens_ = burst;
  } else {
    const double seconds = std::chrono::duration<double>(now - refilled_).count();
    tokens_ = std::min(burst, tokens_ + seconds * *limits_.rate_per_second);
  }
  refilled_ = now;
}

Gate::Turn Gate::enter(Steady now) {
  if (state_ == State::kProbing) return {};
  if (state_ == State::kOpen && now < open_until_) return {.look_again = open_until_};
  if (in_flight_ >= limits_.concurrency) return {};
  if (limits_.rate_per_second) {
    refill(now);
    if (tokens_ < 1) {
      const double seconds = (1 - tokens_) / *limits_.rate_per_second;
      return {.look_again = now + Steady(static_cast<std::int64_t>(std::ceil(seconds * 1e9)) + 1)};
    }
    tokens_ -= 1;
  }
  const bool probe = state_ == State::kOpen;
  if (probe) state_ = State::kProbing;
  ++in_flight_;
  return {.go = true, .probe = probe};
}

void Gate::open(Steady now) {
  state_ = State::kOpen;
  open_until_ = now + breaker_->open_for;
  failures_.clear();
}

void Gate::leave(Steady now, bool probe, Verdict verdict) {
  SKALD_INVARIANT(in_flight_ > 0);
  --in_flight_;
  if (!breaker_) return;
  if (probe && state_ == State::kProbing) {
    if (verdict == Verdict::kFailing) open(now);
    if (verdict == Verdict::kHealthy) state_ = State::kClosed;
    if (verdict == Verdict::kNone) state_ = State::kOpen;  // its time has come already: the next call is the probe
    return;
  }
  if (state_ != State::kClosed || verdict != Verdict::kFailing) return;
  failures_.push_back(now);
  while (!failures_.empty() && failures_.front() + breaker_->window < now) failures_.pop_front();
  if (failures_.size() >= breaker_->failures) open(now);
}

}  // namespace skald::adapters

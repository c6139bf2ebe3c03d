#include "tests/simulation/world.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/base/invariant.hpp"

namespace skald::simulation {
namespace {

constexpr std::int64_t kBeginningMillis = 1'800'000'000'000;

}  // namespace

World::World(std::uint64_t seed, bool prints)
    : random_(seed), prints_(prints), slowness_(chance(50) ? 1 : static_cast<int>(below(100))) {}

Timestamp World::utc() const {
  return from_millis(kBeginningMillis) + std::chrono::duration_cast<Millis>(now_);
}

void World::step() {
  SKALD_INVARIANT(!events_.empty());
  std::pop_heap(events_.begin(), events_.end(), Later{});
  Event event = std::move(events_.back());
  events_.pop_back();
  now_ = std::max(now_, event.at);
  if (event.life && event.life->over) return;
  if (event.life && event.life->stalled_until > now_) {
    event.at = event.life->stalled_until;
    return push(std::move(event));
  }
  ++steps_;
  fingerprint_ = fingerprint_ * 0x9E3779B97F4A7C15ull + (static_cast<std::uint64_t>(now_.count()) ^ event.order);
  event.work();
  if (event.life && !event.life->over) event.life->touched();
}

Nanos World::between(Nanos least, Nanos most) {
  return least + Nanos(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
}

Nanos World::latency() {
  return slowness_ * (chance(90) ? between(50us, 3ms) : between(3ms, 20ms));
}

void World::schedule(LifePtr life, Nanos delay, Work work) {
  push(Event{.at = now_ + delay, .order = 0, .life = std::move(life), .work = std::move(work)});
}

void World::push(Event event) {
  event.order = ++order_;
  events_.push_back(std::move(event));
  std::push_heap(events_.begin(), events_.end(), Later{});
}

void World::print(std::string_view who, const std::string& text) const {
  fmt::print("{:>14.6f}  {:<8} {}\n", std::chrono::duration<double>(now_).count(), who, text);
}

}  // namespace skald::simulation

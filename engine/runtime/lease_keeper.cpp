#include "engine/runtime/lease_keeper.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace skald::runtime {
namespace {

// Of the lease: renewed after a third, and certain for two thirds, so that this node stops before others may begin.
constexpr int kRenewals = 3;
constexpr int kCertain = 2;
constexpr Millis kRetryInterval{1'000};
// Where another node's lease is about to run out.
constexpr Millis kEvictionMargin{20};
constexpr Millis kLookMin{100};
// What is in flight may end before its shard goes.
constexpr Millis kVacateMax{10'000};
// How often a node that ends looks which shards have come to rest.
constexpr Millis kLeavingInterval{200};

}  // namespace

// When it fires, the lease is not certain any more.
class LeaseKeeper::Lapse final : public TimerNode {
 public:
  explicit Lapse(LeaseKeeper& keeper) : keeper_(keeper) {}

 private:
  void fired() override { keeper_.lapse(); }
  LeaseKeeper& keeper_;
};

LeaseKeeper::LeaseKeeper(Hosts& hosts, ports::ShardLeases& leases, Run run, Hooks hooks)
    : hosts_(hosts),
      leases_(leases),
      run_(std::move(run)),
      hooks_(std::move(hooks)),
      lapse_(std::make_unique<Lapse>(*this)) {}

LeaseKeeper::~LeaseKeeper() = default;

void LeaseKeeper::begin() {
  leases_.notify([this] { look(); });
  renew();
}

void LeaseKeeper::look() {
  hosts_.front()->loop().post([this] { renew(); });
}

void LeaseKeeper::close() {
  leases_.notify({});
}

void LeaseKeeper::fired() {
  renew();
}

// Runs work() where it may block, then then(result) on the loop.
template <class Work, class Then>
void LeaseKeeper::ask(Work work, Then then) {
  run_([weak = std::weak_ptr(hosts_.front()), &loop = hosts_.front()->loop(), work = std::move(work),
        then = std::move(then)]() mutable {
    loop.post([weak = std::move(weak), result = work(), then = std::move(then)]() mutable {
      const auto host = weak.lock();
      if (host && !host->is_closed()) then(std::move(result));
    });
  });
}

void LeaseKeeper::renew() {
  if (std::exchange(asking_, true)) {
    again_ = true;
    return;
  }
  const auto asked_at = shared().time.steady();
  const auto mode = shared().draining   ? ports::MemberMode::kLeaving
                    : shared().outdated ? ports::MemberMode::kOutdated
                                        : ports::MemberMode::kServing;
  auto work = [&leases = leases_, &history = shared().history, epochs = shared().shards.epochs(),
               mode]() -> Result<Renewal> {
    auto membership = leases.renew(mode);
    if (!membership) return std::unexpected(std::move(membership.error()));
    Renewal renewal{.membership = std::move(*membership), .counted = {}, .live = {}};
    for (const auto& held : renewal.membership.held) renewal.counted[held.shard] = epochs[held.shard] != held.epoch;
    if (renewal.counted.none()) return renewal;
    auto live = history.count_live(renewal.counted);
    if (!live) return std::unexpected(std::move(live.error()));
    renewal.live = std::move(*live);
    return renewal;
  };
  ask(std::move(work), [this, asked_at](Result<Renewal> renewal) { renewed(std::move(renewal), asked_at); });
}

void LeaseKeeper::renewed(Result<Renewal> renewal, std::chrono::nanoseconds asked_at) {
  asking_ = false;
  auto& timers = hosts_.front()->timers();
  const auto now = shared().time.steady();
  if (!renewal) {
    if (renewal.error().code == "node.replaced") return hooks_.replaced(renewal.error());
    hosts_.front()->warn("the lease could not be renewed; it is tried again", renewal.error());
    return timers.set(*this, now + kRetryInterval);
  }
  // Nothing was begun since the lease became uncertain: what should have been is found by a recovery.
  if (!shared().shards.is_certain(now)) lapse();
  const auto certain_until = asked_at + leases_.lease() * kCertain / kRenewals;
  shared().shards.set_certain_until(certain_until);
  timers.set(*lapse_, certain_until);
  follow(*renewal);
  Millis pause = leases_.lease() / kRenewals;
  if (const auto next = renewal->membership.next_change) pause = std::clamp(*next + kEvictionMargin, kLookMin, pause);
  if (shared().draining) pause = std::min(pause, kLeavingInterval);
  timers.set(*this, std::exchange(again_, false) ? now : now + pause);
}

void LeaseKeeper::follow(const Renewal& renewal) {
  const auto& membership = renewal.membership;
  auto& shards = shared().shards;
  std::array<std::uint64_t, limits::kShardCount> epochs{};
  for (const auto& held : membership.held) epochs[held.shard] = held.epoch;
  ports::ShardSet went, came;
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) {
    const auto before = shards.epoch_of(shard);
    if (before == epochs[shard]) continue;
    went[shard] = before != 0;
    came[shard] = epochs[shard] != 0 && renewal.counted[shard];
    // It went while the renewal was under way.
    if (epochs[shard] != 0 && !renewal.counted[shard]) again_ = true;
  }
  if (went.any()) tell_hosts_to_let_go(went);
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) {
    if (came[shard]) shards.hold(shard, epochs[shard]);
  }
  auto live = renewal.live;
  std::erase_if(live, [&](const auto& count) { return !came[count.shard]; });
  shared().live.add(live);
  if (went.any() || came.any()) {
    const auto count = std::to_string(membership.held.size());
    const auto gained = std::to_string(came.count());
    const auto lost = std::to_string((went & ~came).count());
    shared().log.write(ports::LogLevel::kInfo, "the shards of this node have changed",
                       {{"held", count}, {"came", gained}, {"went", lost}});
  }
  if (came.any()) hooks_.came(came);
  begin_vacating(membership);
}

void LeaseKeeper::lapse() {
  const auto held = shared().shards.held();
  if (held.none()) return;
  shared().log.write(ports::LogLevel::kError,
                     "the lease could not be renewed in time; nothing is begun until it is, and others may go on");
  tell_hosts_to_let_go(held);
}

void LeaseKeeper::tell_hosts_to_let_go(const ports::ShardSet& went) {
  drop(went);
  // Vacating was for shards that are still held; what is left of them is found with the next renewal.
  ++vacate_round_;
  vacating_.reset();
  for (auto& host : hosts_) {
    host->loop().post([host, went] { host->let_go_of(went); });
  }
}

void LeaseKeeper::drop(const ports::ShardSet& shards) {
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) {
    if (shards[shard]) shared().shards.drop(shard);
  }
  shared().live.drop(shards);
  shared().telemetry.shards_went(shards);
}

void LeaseKeeper::begin_vacating(const ports::Membership& membership) {
  // There was no answer the last time.
  if (vacating_.any() && hosts_vacating_ == 0) release(vacating_);
  if (vacating_.any()) return;
  if (shared().draining) return vacate_resting();
  if (membership.held.size() <= membership.share) return;
  const auto held = shared().shards.held();
  std::size_t excess = membership.held.size() - membership.share;
  ports::ShardSet beyond;
  for (std::uint32_t shard = limits::kShardCount; shard-- > 0 && excess > 0;) {
    if (!held[shard]) continue;  // it went while the renewal was under way
    beyond.set(shard);
    --excess;
  }
  vacate(beyond);
}

// A node that ends gives up at once where nothing is under way, and the others as they come to rest.
void LeaseKeeper::vacate_resting() {
  if (hosts_asked_ > 0) return;
  hosts_asked_ = hosts_.size();
  busy_.reset();
  for (auto& host : hosts_) {
    host->loop().post([this, host] {
      hosts_.front()->loop().post([this, busy = host->busy_shards()] {
        busy_ |= busy;
        if (--hosts_asked_ == 0 && vacating_.none()) vacate(shared().shards.held() & ~busy_);
      });
    });
  }
}

void LeaseKeeper::vacate(const ports::ShardSet& shards) {
  if (shards.none()) return;
  vacating_ = shards;
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) {
    if (shards[shard]) shared().shards.vacate(shard);
  }
  ++vacate_round_;
  hosts_vacating_ = hosts_.size();
  for (auto& host : hosts_) {
    host->loop().post([this, host, shards, round = vacate_round_] {
      host->vacate(shards, kVacateMax,
                   [this, round] { hosts_.front()->loop().post([this, round] { vacated(round); }); });
    });
  }
}

void LeaseKeeper::vacated(std::uint64_t round) {
  if (round == vacate_round_ && --hosts_vacating_ == 0) release(vacating_);
}

void LeaseKeeper::release(const ports::ShardSet& shards) {
  ask([&leases = leases_, shards] { return leases.release(shards); },
      [this, shards, round = vacate_round_](const Result<void>& released) {
        // Without an answer it is asked again with the next renewal.
        if (!released || round != vacate_round_) return;
        drop(shards);
        vacating_.reset();
        renew();
      });
}

}  // namespace skald::runtime

#include "engine/runtime/execution_host.hpp"

#include <algorithm>
#include <string>

#include "engine/base/invariant.hpp"

namespace skald::runtime {
namespace {

constexpr std::chrono::nanoseconds kWarnInterval = std::chrono::seconds(1);

}  // namespace

struct ExecutionHost::Vacating final : TimerNode {
  Vacating(ExecutionHost& host, const ports::ShardSet& shards, std::function<void()> empty)
      : host(host), shards(shards), empty(std::move(empty)) {}
  // The last one to leave destroys this.
  void fired() override {
    for (auto* driver : host.drivers_of(shards)) driver->lose();
  }

  ExecutionHost& host;
  ports::ShardSet shards;
  std::function<void()> empty;
  std::size_t left = 0;
};

struct ExecutionHost::Later final : TimerNode {
  Later(ExecutionHost& host, std::move_only_function<void()> work) : host(host), work(std::move(work)) {}
  void fired() override {
    auto taken = std::move(work);
    host.later_.remove_if([this](const Later& each) { return &each == this; });
    taken();
  }

  ExecutionHost& host;
  std::move_only_function<void()> work;
};

ExecutionHost::ExecutionHost(Loop& loop, Shared& shared, ports::Clock& clock, const MakeAlarm& make_alarm,
                             const std::function<std::unique_ptr<ports::Participant>(Loop&)>& participant)
    : loop_(loop),
      shared_(shared),
      lease_check_(shared),
      timers_(loop, clock, make_alarm),
      participant_(participant(loop)) {}

ExecutionHost::~ExecutionHost() {
  timers_.close();
}

ExecutionDriver* ExecutionHost::find(const ExecutionId& id) {
  const auto it = drivers_.find(id);
  return it == drivers_.end() ? nullptr : it->second.get();
}

ExecutionDriver* ExecutionHost::find(const ExecutionId& id, std::uint64_t number) {
  auto* driver = find(id);
  return driver && driver->number() == number ? driver : nullptr;
}

ExecutionDriver& ExecutionHost::create(const ExecutionId& id) {
  auto& slot = drivers_[id];
  SKALD_INVARIANT(!slot);
  slot = std::make_unique<ExecutionDriver>(*this, id, ++drivers_made_);
  shared_.active.fetch_add(1, std::memory_order_relaxed);
  if (vacating_ && vacating_->shards[shard_of(id)]) ++vacating_->left;
  return *slot;
}

ExecutionDriver& ExecutionHost::activate(const ExecutionId& id) {
  if (auto* driver = find(id)) return *driver;
  auto& driver = create(id);
  driver.load();
  return driver;
}

void ExecutionHost::activate_later(const std::vector<ExecutionId>& ids) {
  for (const auto& id : ids) waiting_.push_back({id, shared_.time.steady()});
  shared_.activating += ids.size();
  start_loads();
}

void ExecutionHost::start_loads() {
  while (!waiting_.empty() && loads_ < shared_.options.recovery_concurrency) {
    const ExecutionId id = waiting_.front().id;
    waiting_.pop_front();
    --shared_.activating;
    if (!shared_.draining.load(std::memory_order_relaxed) && shared_.shards.serves(id)) activate(id);
  }
}

void ExecutionHost::load(const ExecutionId& id) {
  ++loads_;
  offload_on(
      id,
      [&history = shared_.history, &definitions = shared_.definitions, id] {
        return load_execution(history, definitions, id);
      },
      [this, id](Result<LoadedExecution> result) {
        --loads_;
        if (auto* driver = find(id)) driver->loaded(std::move(result));
        start_loads();
      });
}

void ExecutionHost::append(ports::AppendGroup group, ExecutionDriver& driver) {
  ++appends_;
  // A driver lives until its verdict has come.
  group.ticket = reinterpret_cast<std::uintptr_t>(&driver);
  outgoing_.push_back(std::move(group));
  if (outgoing_.size() > 1) return;
  // Together with what else this round of the loop brings: one commit of ten costs less than two of five.
  loop_.post([self = shared_from_this()] { self->hand_over(); });
}

void ExecutionHost::hand_over() {
  for (auto& group : outgoing_) shared_.history.append(std::move(group), *this);
  outgoing_.clear();
}

void ExecutionHost::appended(std::vector<ports::AppendResult> results) {
  loop_.post([self = shared_from_this(), results = std::move(results)]() mutable {
    for (auto& result : results) {
      --self->appends_;
      reinterpret_cast<ExecutionDriver*>(static_cast<std::uintptr_t>(result.ticket))->append_ended(std::move(result));
    }
    self->check_drained();
  });
}

void ExecutionHost::send(ports::ParticipantCall call, saga::AttemptEnded attempt, const ExecutionDriver& sender) {
  const ExecutionId id = call.execution;
  const std::uint64_t number = sender.number();
  this->call(std::move(call), [this, id, number, attempt = std::move(attempt)](saga::Answer answer) mutable {
    attempt.answer = std::move(answer);
    // The execution may have been terminated meanwhile, or its shard have been away; then nobody is interested, and the
    // driver that has it now waits for calls of its own.
    if (auto* driver = find(id, number)) driver->call_ended(std::move(attempt));
  });
}

bool ExecutionHost::withdraw(const ExecutionId& id, std::string_view key) {
  const bool withdrawn = participant_->withdraw(id, key);
  if (withdrawn) --calls_;
  return withdrawn;
}

void ExecutionHost::after(Millis delay, std::move_only_function<void()> work) {
  timers_.set(later_.emplace_back(*this, std::move(work)), shared_.time.steady() + delay);
}

void ExecutionHost::release(ExecutionDriver& driver) {
  timers_.cancel(driver);
  auto node = drivers_.extract(driver.id());
  SKALD_INVARIANT(!node.empty());
  shared_.active.fetch_sub(1, std::memory_order_relaxed);
  released_.push_back(std::move(node.mapped()));
  if (vacating_ && vacating_->shards[shard_of(driver.id())]) {
    --vacating_->left;
    check_vacated();
  }
  if (released_.size() > 1) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->released_.clear();
  });
}

std::vector<ExecutionDriver*> ExecutionHost::drivers_of(const ports::ShardSet& shards) {
  std::vector<ExecutionDriver*> found;
  for (auto& [id, driver] : drivers_) {
    if (shards[shard_of(id)]) found.push_back(driver.get());
  }
  return found;
}

ports::ShardSet ExecutionHost::busy_shards() const {
  ports::ShardSet busy;
  for (const auto& [id, driver] : drivers_) {
    if (driver->is_busy()) busy.set(shard_of(id));
  }
  return busy;
}

void ExecutionHost::let_go_of(const ports::ShardSet& shards) {
  if (vacating_) timers_.cancel(*vacating_);
  vacating_.reset();
  for (auto* driver : drivers_of(shards)) driver->lose();
}

void ExecutionHost::vacate(const ports::ShardSet& shards, Millis at_most, std::function<void()> empty) {
  vacating_ = std::make_unique<Vacating>(*this, shards, std::move(empty));
  timers_.set(*vacating_, shared_.time.steady() + at_most);
  const auto drivers = drivers_of(shards);
  vacating_->left = drivers.size() + 1;  // and this call, so that the last one to leave is not found below it
  for (auto* driver : drivers) driver->vacate();
  --vacating_->left;
  check_vacated();
}

void ExecutionHost::check_vacated() {
  if (vacating_->left > 0) return;
  timers_.cancel(*vacating_);
  std::exchange(vacating_, nullptr)->empty();
}

void ExecutionHost::backed_off(int change) {
  backing_off_ += static_cast<std::size_t>(change);
}

void ExecutionHost::warn(std::string_view message, const Error& error) {
  const auto now = shared_.time.steady();
  if (warned_at_ != std::chrono::nanoseconds{} && now - warned_at_ < kWarnInterval) {
    ++warnings_held_;
    return;
  }
  warned_at_ = now;
  const auto text = to_text(error);
  const auto held = std::to_string(std::exchange(warnings_held_, 0));
  shared_.log.write(ports::LogLevel::kWarning, message, {{"error", text}, {"left_out_before", held}});
}

Millis ExecutionHost::oldest_wait() const {
  if (waiting_.empty()) return Millis(0);
  return std::chrono::duration_cast<Millis>(shared_.time.steady() - waiting_.front().since);
}

void ExecutionHost::drain(std::function<void()> drained) {
  on_drained_ = std::move(drained);
  shared_.activating -= waiting_.size();
  waiting_.clear();
  check_drained();
}

void ExecutionHost::abandon() {
  participant_->abandon_all();
  calls_ = 0;
  abandoned_ = true;
  check_drained();
}

void ExecutionHost::check_drained() {
  const bool waits_for_store = backing_off_ != 0 && !abandoned_;
  if (!on_drained_ || calls_ != 0 || appends_ != 0 || offloads_ != 0 || waits_for_store) return;
  closed_ = true;
  for (auto* driver : drivers_of(ports::ShardSet().set())) driver->stop_waiting();
  timers_.close();
  // It finds the host closed.
  for (auto& later : std::exchange(later_, {})) later.work();
  std::exchange(on_drained_, nullptr)();
}

}  // namespace skald::runtime

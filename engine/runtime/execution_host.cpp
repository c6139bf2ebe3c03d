#include "engine/runtime/execution_host.hpp"

#include <algorithm>
#include <string>

#include "engine/base/invariant.hpp"

namespace skald::runtime {
namespace {

constexpr std::chrono::nanoseconds kWarnInterval = std::chrono::seconds(1);

}  // namespace

ExecutionHost::ExecutionHost(Loop& loop, Shared& shared, ports::Clock& clock,
                             const std::function<std::unique_ptr<ports::Participant>(Loop&)>& participant)
    : loop_(loop), shared_(shared), timers_(loop, clock), participant_(participant(loop)) {}

ExecutionHost::~ExecutionHost() {
  timers_.close();
}

ExecutionDriver* ExecutionHost::find(const ExecutionId& id) {
  const auto it = drivers_.find(id);
  return it == drivers_.end() ? nullptr : it->second.get();
}

ExecutionDriver& ExecutionHost::create(const ExecutionId& id) {
  auto& slot = drivers_[id];
  SKALD_INVARIANT(!slot);
  slot = std::make_unique<ExecutionDriver>(*this, id);
  shared_.active.fetch_add(1, std::memory_order_relaxed);
  return *slot;
}

ExecutionDriver& ExecutionHost::activate(const ExecutionId& id) {
  if (auto* driver = find(id)) return *driver;
  auto& driver = create(id);
  driver.load();
  return driver;
}

void ExecutionHost::activate_later(const std::vector<ExecutionId>& ids) {
  waiting_.insert(waiting_.end(), ids.begin(), ids.end());
  shared_.activating += ids.size();
  start_loads();
}

void ExecutionHost::start_loads() {
  while (!waiting_.empty() && loads_ < shared_.options.recovery_concurrency) {
    const ExecutionId id = waiting_.front();
    waiting_.pop_front();
    --shared_.activating;
    if (!shared_.draining.load(std::memory_order_relaxed)) activate(id);
  }
}

void ExecutionHost::load(const ExecutionId& id) {
  ++loads_;
  offload([&history = shared_.history, &definitions = shared_.definitions,
           id] { return load_execution(history, definitions, id); },
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

void ExecutionHost::send(ports::ParticipantCall call, saga::AttemptEnded attempt) {
  const ExecutionId id = call.execution;
  participant_->send(std::move(call), [this, id, attempt = std::move(attempt)](saga::Answer answer) mutable {
    --calls_;
    attempt.answer = std::move(answer);
    // The execution may have been terminated meanwhile; then nobody is interested.
    if (auto* driver = find(id)) driver->call_ended(std::move(attempt));
    check_drained();
  });
  ++calls_;
}

bool ExecutionHost::withdraw(const ExecutionId& id, std::string_view key) {
  const bool withdrawn = participant_->withdraw(id, key);
  if (withdrawn) --calls_;
  return withdrawn;
}

void ExecutionHost::release(ExecutionDriver& driver) {
  timers_.cancel(driver);
  auto node = drivers_.extract(driver.id());
  SKALD_INVARIANT(!node.empty());
  shared_.active.fetch_sub(1, std::memory_order_relaxed);
  released_.push_back(std::move(node.mapped()));
  if (released_.size() > 1) return;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->released_.clear();
  });
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

void ExecutionHost::drain(std::function<void()> drained) {
  on_drained_ = std::move(drained);
  shared_.activating -= waiting_.size();
  waiting_.clear();
  check_drained();
}

void ExecutionHost::abandon() {
  participant_->abandon_all();
  calls_ = 0;
  backing_off_ = 0;
  check_drained();
}

void ExecutionHost::check_drained() {
  if (!on_drained_ || calls_ != 0 || appends_ != 0 || offloads_ != 0 || backing_off_ != 0) return;
  closed_ = true;
  timers_.close();
  std::exchange(on_drained_, nullptr)();
}

}  // namespace skald::runtime

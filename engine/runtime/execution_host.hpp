// The executions in memory of one loop, and what they share: timers, the participant, the way to the store and back.
//
// Thread rule: everything on the loop, except appended(), which the store calls on its own threads, and the loop's
// post(). Life cycle: shared, because work on other threads comes back to it; close() before the ports go away.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/ports/history_store.hpp"
#include "engine/ports/participant.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/engine_time.hpp"
#include "engine/runtime/execution_driver.hpp"
#include "engine/runtime/live_counts.hpp"
#include "engine/runtime/refusals.hpp"
#include "engine/runtime/shard_map.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

// What the hosts of an engine share.
struct Shared {
  ports::HistoryStore& history;
  ports::Entropy& entropy;
  ports::Telemetry& telemetry;
  ports::Log& log;
  ports::InHand& in_hand;
  ports::EventStore* events;
  Definitions& definitions;
  EngineTime time;
  EngineOptions options;
  std::function<void(std::move_only_function<void()>)> blocking;
  std::atomic<std::size_t> active{0};  // executions in memory
  std::atomic<std::size_t> timers{0};
  std::atomic<std::size_t> backlog{0};
  std::atomic<Millis::rep> oldest_wait{0};  // of all hosts, since it was last told
  std::atomic<std::size_t> activating{0};   // handed to a host and not loaded yet
  std::atomic<bool> draining{false};
  std::atomic<bool> outdated{false};  // this process has met what it does not know
  std::string callback_url;           // set before the first execution
  ShardMap shards;
  LiveCounts live{telemetry};
  std::function<void()> fenced = [] {};   // an append was: the leases are to be looked at. Any thread
  std::function<void()> emitted = [] {};  // an append has deliveries with it. Any thread

  // Whether an attempt of this execution may go out now.
  bool may_begin(const ExecutionId& id) const {
    return !draining.load(std::memory_order_relaxed) && shards.serves(id) && shards.is_certain(time.steady());
  }
};

// What the participant asks before it writes.
class LeaseCheck final : public ports::Ownership {
 public:
  explicit LeaseCheck(const Shared& shared) : shared_(shared) {}
  bool is_ours(const ExecutionId& execution, std::uint64_t epoch) const override {
    return shared_.shards.epoch_of(execution) == epoch && shared_.shards.is_certain(shared_.time.steady());
  }

 private:
  const Shared& shared_;
};

class ExecutionHost final : public ports::AppendSink, public std::enable_shared_from_this<ExecutionHost> {
 public:
  ExecutionHost(Loop& loop, Shared& shared, ports::Clock& clock, const MakeAlarm& make_alarm,
                const std::function<std::unique_ptr<ports::Participant>(Loop&)>& participant);
  ~ExecutionHost() override;

  Loop& loop() { return loop_; }
  Shared& shared() { return shared_; }
  TimerQueue& timers() { return timers_; }

  // Null where it is not in memory.
  ExecutionDriver* find(const ExecutionId& id);
  // The same for that very driver, and not for one that came after it.
  ExecutionDriver* find(const ExecutionId& id, std::uint64_t number);
  ExecutionDriver& create(const ExecutionId& id);
  // The one in memory, else one that loads itself.
  ExecutionDriver& activate(const ExecutionId& id);
  // Loads those that are not in memory, a bounded number at a time.
  void activate_later(const std::vector<ExecutionId>& ids);

  // Out of memory with the executions of shards that are not ours any more; what is in flight is not waited for.
  void let_go_of(const ports::ShardSet& shards);
  // Begins nothing in these shards and calls `empty` when none of their executions is in memory any more: those that
  // have not come to rest after `at_most` are let go of. The shard map says already that they are vacated.
  void vacate(const ports::ShardSet& shards, Millis at_most, std::function<void()> empty);

  // Where calls or appends of an execution are under way, or it is being loaded.
  ports::ShardSet busy_shards() const;

  // Runs work() on the loop in a while, unless the host is closed before.
  void after(Millis delay, std::move_only_function<void()> work);

  // For drivers.
  void append(ports::AppendGroup group, ExecutionDriver& driver);
  void send(ports::ParticipantCall call, saga::AttemptEnded attempt, const ExecutionDriver& sender);
  // A call that no execution waits for.
  template <class Done>
  void call(ports::ParticipantCall call, Done done) {
    call.ownership = &lease_check_;
    participant_->send(std::move(call), [this, done = std::move(done)](saga::Answer answer) mutable {
      --calls_;
      done(std::move(answer));
      check_drained();
    });
    ++calls_;
  }
  // True: the call had not left; its answer will not come.
  bool withdraw(const ExecutionId& id, std::string_view key);
  void load(const ExecutionId& id);
  void release(ExecutionDriver& driver);
  // +1 and -1 as drivers wait to append again.
  void backed_off(int change);
  // A warning that would come from very many executions at once is written once a second.
  void warn(std::string_view message, const Error& error);

  // Runs work() on a thread that may block, then then(result) on the loop, unless the host is gone.
  template <class Work, class Then>
  void offload(Work work, Then then) {
    ++offloads_;
    shared_.blocking(
        [weak = weak_from_this(), &loop = loop_, work = std::move(work), then = std::move(then)]() mutable {
          loop.post([weak = std::move(weak), result = work(), then = std::move(then)]() mutable {
            const auto self = weak.lock();
            if (!self) return;
            --self->offloads_;
            then(std::move(result));
            self->check_drained();
          });
        });
  }

  // The same for work with one execution, which may be the death of this process: not begun where it has been.
  template <class Work, class Then>
  void offload_on(const ExecutionId& id, Work work, Then then) {
    offload(
        [&in_hand = shared_.in_hand, id, work = std::move(work)]() mutable -> decltype(work()) {
          if (in_hand.is_suspected(id)) return std::unexpected(suspected(id));
          const ports::Holding holding(in_hand, id);
          return work();
        },
        std::move(then));
  }

  // Begins no attempt from here on; `drained` is called when nothing is under way any more.
  void drain(std::function<void()> drained);
  // Gives up what is in flight at the participant; still waits for the store's verdicts.
  void abandon();
  // What was refused by the store is not offered to it again.
  bool is_abandoned() const { return abandoned_; }
  // Nothing is under way and nothing may begin.
  bool is_closed() const { return closed_; }

  // How many executions wait to be loaded or for the store.
  std::size_t backlog() const { return waiting_.size() + appends_; }
  // Of what waits to be activated, the longest wait.
  Millis oldest_wait() const;

  void appended(std::vector<ports::AppendResult> results) override;

 private:
  void hand_over();
  void start_loads();
  void check_drained();
  void check_vacated();
  std::vector<ExecutionDriver*> drivers_of(const ports::ShardSet& shards);

  // What is to leave before its shards do.
  struct Vacating;
  struct Later;

  Loop& loop_;
  Shared& shared_;
  LeaseCheck lease_check_;
  TimerQueue timers_;
  std::unique_ptr<ports::Participant> participant_;
  std::unordered_map<ExecutionId, std::unique_ptr<ExecutionDriver>> drivers_;
  std::vector<std::unique_ptr<ExecutionDriver>> released_;  // destroyed when the loop comes round
  std::vector<ports::AppendGroup> outgoing_;                // of this round of the loop
  struct Waiting {
    ExecutionId id;
    std::chrono::nanoseconds since;
  };
  std::deque<Waiting> waiting_;  // to be activated
  std::uint64_t drivers_made_ = 0;
  std::size_t loads_ = 0;
  std::size_t offloads_ = 0;
  std::size_t appends_ = 0;
  std::size_t calls_ = 0;
  std::size_t backing_off_ = 0;
  std::function<void()> on_drained_;
  std::unique_ptr<Vacating> vacating_;
  std::list<Later> later_;
  bool abandoned_ = false;
  bool closed_ = false;
  std::chrono::nanoseconds warned_at_{};
  std::uint64_t warnings_held_ = 0;
};

}  // namespace skald::runtime

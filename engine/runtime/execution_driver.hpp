// One execution in memory: takes its inputs one after another through decide -> append -> perform.
//
//   submit ─> mailbox ─> decide ─> append ──written──> state = next, effects, answers ─> next input, or rest
//                                    ├─rejected──> the same append again after a pause (a command is refused instead)
//                                    └─conflict, unknown──> load again, recover, go on
//
// Effects are performed only once the events they follow from are durable. Whatever a definition or a history makes the
// engine throw ends here: the execution is loaded again, and put in quarantine when that does not help. One that cannot
// be loaded is set aside.
// Thread rule: everything on the loop. Life cycle: made and owned by an ExecutionHost, which destroys it some time
// after release(), never below a call.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/execution_loader.hpp"
#include "engine/runtime/timer_queue.hpp"
#include "engine/saga/decide.hpp"

namespace skald::runtime {

class ExecutionHost;

// Called once with the state, or with why there is none.
using Reply = std::move_only_function<void(Result<Snapshot>)>;

// The code of a start's error where its companion's execution was written to by somebody else: nothing is written.
inline constexpr std::string_view kConflictCode = "store.conflict";

// What only the first append of an execution needs.
struct NewStart {
  ports::NewExecution row;
  definition::DefinitionPtr definition;
  saga::Input input;
  std::optional<ports::Append> companion;  // written together with the first append, or not at all
  // `existing`: the idempotency key was used before, by this execution with this fingerprint, or it has the unique key.
  struct Existing {
    ExecutionId id;
    std::string fingerprint;
    bool has_unique_key = false;
  };
  std::move_only_function<void(Result<Snapshot>, std::optional<Existing>)> answer;
};

class ExecutionDriver final : public TimerNode {
 public:
  // `number` tells this driver from those of the same execution before and after it.
  ExecutionDriver(ExecutionHost& host, const ExecutionId& id, std::uint64_t number);
  ~ExecutionDriver() override;

  const ExecutionId& id() const { return id_; }
  std::uint64_t number() const { return number_; }

  void begin(std::unique_ptr<NewStart> start);
  // Asks the host for the history; inputs wait until it is there.
  void load();
  void loaded(Result<LoadedExecution> result);

  // `reply` may be empty. It is called when the input's events are durable. `command` is its number in the inbox, or 0.
  void submit(saga::Input input, Reply reply, std::uint64_t command = 0);
  void view(Reply reply);
  void when_settled(Millis at_most, Reply reply);
  // The answer of a call that this driver sent.
  void call_ended(saga::AttemptEnded ended);

  void append_ended(ports::AppendResult result);

  // Something is under way that it is to see the end of.
  bool is_busy() const;
  // The process ends: who waits for more is told how far it has come.
  void stop_waiting();
  // The shard is to be given up: leaves as soon as nothing is in flight.
  void vacate();
  // The shard is not ours any more: leaves at once, or with the verdict of the append that is under way.
  void lose();

 private:
  enum class Stage : std::uint8_t {
    kLoading,
    kReady,       // the state is that of the history
    kAppending,   // a decision waits for its verdict
    kBackingOff,  // a decision waits to be appended again
    kSetAside,    // the execution could not be loaded; tried again later
    kReleased,
  };
  // Without an input it asks for the state alone.
  struct Mail {
    std::optional<saga::Input> input;
    Reply reply;
    std::uint64_t command = 0;  // in the inbox
    std::uint64_t event = 0;    // that came before it was listened for: its number in the store
  };
  struct Pending;
  struct Waiter;
  struct Aside;

  void fired() override;
  void put(Mail mail);
  void pump();
  void process(Mail mail);
  std::unique_ptr<saga::Decision> decide(const saga::Input& input, Timestamp now);
  void commit(Mail&& mail, std::unique_ptr<saga::Decision> decision, std::unique_ptr<saga::State> before,
              Timestamp now);
  void append();
  void written();
  void duplicate(ports::AppendResult result);
  void rejected(const Error& error);
  void reload_after(const ports::AppendResult& result);
  void leave();
  void leave_behind();
  void let_go(const Error& error);
  void look_for_events(std::vector<ports::Subscription> wanted, std::uint64_t after = 0);
  void events_found(const Result<std::vector<ports::StoredEvent>>& found, std::vector<ports::Subscription> wanted,
                    std::uint64_t after);
  void settle_event(std::uint64_t number);
  void begin_to_listen(std::vector<ports::Subscription> subscriptions);
  void perform(std::vector<saga::Effect> effects);
  void send(saga::SendRequest request);
  void withdraw_calls(const saga::StepState& step);
  void rest();
  void arm_wake(Timestamp wake, Timestamp now);
  void write_summary(ports::ExecutionSummary summary);
  void set_aside(const Error& error, bool retry_soon);
  void mark_row();
  void write_mark(const ports::StoredExecution& row);
  std::optional<Mail> take_termination();
  void terminate_aside(Mail mail);
  void write_end(Mail mail, const ports::StoredExecution& row, saga::State state, saga::CompensationState left);
  void append_aside(ports::Append own);
  void aside_ended(const ports::AppendResult& result);
  void refuse_all(const Error& error);
  void answer_waiters(const Snapshot& state);
  void expire(Waiter& waiter);

  Timestamp now() const;
  Snapshot snapshot() const;
  Millis next_pause(Millis first, Millis most);

  ExecutionHost& host_;
  ExecutionId id_;
  std::uint64_t number_;
  std::uint64_t epoch_;
  Stage stage_ = Stage::kLoading;
  bool lost_ = false;                          // leaves with its verdict
  bool retries_soon_ = false;                  // why it was set aside last passes by itself
  std::uint16_t calls_ = 0;                    // in flight, of this driver
  std::uint16_t looks_ = 0;                    // for events that came before somebody listened
  std::uint16_t failures_ = 0;                 // exceptions in a row
  std::uint16_t pauses_ = 0;                   // back-offs in a row
  std::uint16_t conflicts_ = 0;                // lost appends in a row
  saga::Phase phase_ = saga::Phase::kPending;  // of the history
  definition::DefinitionPtr definition_;
  saga::State state_;
  ports::ExecutionSummary stored_;                  // the row as last written
  std::vector<ports::Subscription> subscriptions_;  // and what stands in the store beside it
  Timestamp armed_wake_{};                          // what the pending timer stands for
  Timestamp fired_for_{};                           // the wake that has come: time for decide() is not before it
  std::vector<Mail> mailbox_;
  std::unique_ptr<Pending> pending_;
  std::unique_ptr<NewStart> start_;
  std::vector<std::unique_ptr<Waiter>> waiters_;
  std::unique_ptr<Aside> aside_;  // while it is set aside
  std::string failed_with_;       // the last exception
};

}  // namespace skald::runtime

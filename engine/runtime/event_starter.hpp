// Starts the executions that an event is for, by itself or together with events that were collected before it.
//
// Thread rule: on the loop of the host, where the callback runs too. Life cycle: one for each event; it holds itself
// until it has answered. What may go well later stays to be done when the event is brought again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/ports/event_store.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/schedule_notes.hpp"
#include "engine/runtime/scheduled_start.hpp"

namespace skald::runtime {

// Where events start executions: how, and what is told of it.
struct EventStarting {
  Start start;
  ScheduleNotes* notes = nullptr;
};

class EventStarter final : public std::enable_shared_from_this<EventStarter> {
 public:
  struct Outcome {
    std::size_t started = 0;      // executions
    std::size_t collected = 0;    // workflows that collect it
    std::size_t begun = 0;        // of them those that collected nothing with it before
    bool is_full = false;         // one had no room for it
    std::optional<Error> failed;  // what may go well later
  };
  using Done = std::function<void(const Outcome&)>;

  EventStarter(ExecutionHost& host, ports::EventStore& store, const EventStarting& starting)
      : host_(host), store_(store), starting_(starting) {}

  // `may_collect`: whether there is room for more of what waits for others.
  void begin(const ports::StoredEvent& event, EventStarts starts, bool may_collect, Done done);

 private:
  struct Together;

  void start(StartCommand command, std::function<void(bool)> then);
  bool note(const ports::WorkflowName& workflow, const Result<Started>& result);
  bool refuse(const ports::WorkflowName& workflow, const Error& error);
  void collect_it(const ports::StoredEvent& event, Collecting collecting, bool may_begin);
  void start_together(const std::shared_ptr<Together>& together);
  void forget_started(const std::shared_ptr<Together>& together);
  void ended();

  ExecutionHost& host_;
  ports::EventStore& store_;
  const EventStarting& starting_;
  Done done_;
  std::size_t awaited_ = 0;
  Outcome outcome_;
};

}  // namespace skald::runtime

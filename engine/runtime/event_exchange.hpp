// Takes events from outside: stores each before anybody gets it, and brings it to those who listen for it.
//
//   accept ─> filters of all definitions ─> stored ─> those it starts ─> those who listen, page by page ─> taken, or
//                                                                          kept for those who have not come to it yet
//
// What was stored and not brought to its end (a crash, a lost store) is brought to it by a later round, of any node;
// an execution takes an event once, and a workflow is started by it once, however often it is brought.
// Thread rule: accept() from any thread, the callback runs on the loop of the host; everything else on that loop. Life
// cycle: begin() once; it stops when the engine drains.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/event_store.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/event_starter.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class EventFilters;

class EventExchange final : public TimerNode {
 public:
  // Hands an event to its execution, on whichever node it is. An error that is no refusal of saga::decide: nobody knows
  // whether it has it.
  using Deliver = std::function<void(const ExecutionId&, saga::Input, Callback<void>)>;

  EventExchange(ExecutionHost& host, ports::EventStore& store, Deliver deliver, EventStarting starting);
  ~EventExchange() override;

  void begin();
  void accept(std::string envelope, Callback<EventAnswer> callback);

 private:
  class Offer;
  using OfferPtr = std::shared_ptr<Offer>;
  // An event with the starts that it is for.
  struct Arrived {
    ports::StoredEvent event;
    EventStarts starts;
    bool is_duplicate = false;
  };

  void fired() override;
  void again(std::chrono::nanoseconds pause);
  Result<Arrived> store(std::string envelope, Timestamp now);
  void stored(Result<Arrived> arrived, Callback<EventAnswer> callback);
  void offer(Arrived arrived, Callback<EventAnswer> callback);
  Result<std::vector<Arrived>> list_leftovers(Timestamp before, std::uint64_t after);
  void look_for_leftovers(std::uint64_t after);
  void remove_old();

  ExecutionHost& host_;
  ports::EventStore& store_;
  Deliver deliver_;
  EventStarting starting_;
  std::shared_ptr<EventFilters> filters_;
  std::map<std::uint64_t, OfferPtr> offers_;  // under way, by the number of their event
  std::uint64_t kept_ = 0;                    // when it was last counted, and since
  std::uint64_t collections_ = 0;             // the same
  Timestamp begun_{};
  std::chrono::nanoseconds removed_at_{};
};

}  // namespace skald::runtime

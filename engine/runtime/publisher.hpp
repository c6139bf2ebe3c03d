// Sends what executions emit, and say to each other, to where it is to go, and keeps it until it is there.
//
//   append with its deliveries ─> look ─> those that are due, in chains: an execution's, one after another
//                                 ─> the sink ─> forgotten, or put off with those behind it
//
// A sink that does not answer keeps no other one waiting, nor an event those of other executions; what is refused is
// tried again for as long as the sink stands in the adapters file.
// Thread rule: look() from any thread, everything else on the loop of the host. Life cycle: begin() once, close() when
// the engine begins to drain: nothing is sent from then on.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "engine/ports/outbox.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class Publisher final : public TimerNode {
 public:
  // Offers an event to the executions of this engine.
  using Offer = std::function<void(std::string envelope, Callback<EventAnswer>)>;

  // Hands a message to the execution that it is for.
  using Tell = std::function<void(const ports::Delivery& message, Callback<void>)>;

  Publisher(ExecutionHost& host, ports::Outbox& outbox, Offer offer, Tell tell);
  ~Publisher() override;

  void begin();
  void close();
  // Something was emitted.
  void look();

 private:
  class Line;

  void fired() override;
  void look_at_all();
  void measure();
  void measured(const std::vector<ports::OutboxLevel>& levels);

  ExecutionHost& host_;
  ports::Outbox& outbox_;
  Offer offer_;
  Tell tell_;
  std::map<std::string, std::unique_ptr<Line>> lines_;  // by sink
  std::set<std::string> told_;                          // sinks whose level the metrics have
  std::atomic<bool> is_wanted_{false};
};

}  // namespace skald::runtime

// Events on their way out: written with the history of the execution that emits them, kept until their sink has them.
//
// A sink gets the events of one execution in their order, each at least once. Blocking; any thread but a loop. Errors
// of all: "store.unavailable".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::ports {

// What executions that run each other say to each other is not an event, and has a sink of its own, whose name no
// adapter can have.
inline constexpr std::string_view kRunsSink = "/runs";

// An event for one sink.
struct NewDelivery {
  std::string workflow;  // "shop/checkout:1.0.0"
  std::string step;      // instance path of the `emit`, or of what has something to say
  std::string sink;      // an adapter; empty: the executions of this engine
  std::string envelope;  // CloudEvent in its structured form; for kRunsSink the message
  Timestamp emitted_at{};

  bool operator==(const NewDelivery&) const = default;
};

struct Delivery {
  std::uint64_t number = 0;
  ExecutionId execution;
  NewDelivery what;
  std::uint32_t attempts = 0;  // that failed
};

// An attempt at a delivery that failed.
struct Postponement {
  std::uint64_t number = 0;
  Timestamp due_at{};
  std::string error;
};

// What waits for one sink.
struct OutboxLevel {
  std::string sink;
  std::uint64_t count = 0;
  Timestamp oldest{};  // emitted
};

class Outbox {
 public:
  virtual ~Outbox() = default;

  // Deliveries to the sink of executions of these shards but for those left out. New ones come first, then those that
  // are due again, the longest due first; of an execution each has all that stand before it in front of it.
  virtual Result<std::vector<Delivery>> list_due_deliveries(const std::string& sink, const ShardSet& shards,
                                                            Timestamp now, const std::vector<ExecutionId>& left_out,
                                                            std::size_t limit) = 0;
  // Forgets what was delivered, and puts off what was not with all that stands behind it, in one transaction.
  virtual Result<void> settle_deliveries(const std::vector<std::uint64_t>& delivered,
                                         const std::vector<Postponement>& postponed) = 0;
  virtual Result<std::vector<OutboxLevel>> measure_outbox(const ShardSet& shards) = 0;
};

}  // namespace skald::ports

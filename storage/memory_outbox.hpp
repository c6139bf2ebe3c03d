// The outbox of the store in memory. Its caller takes the locks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/ports/outbox.hpp"

namespace skald::storage {

class MemoryOutbox {
 public:
  void add(const ExecutionId& execution, const ports::NewDelivery& delivery);
  std::vector<ports::Delivery> list_due(const std::string& sink, const ports::ShardSet& shards, Timestamp now,
                                        const std::vector<ExecutionId>& left_out, std::size_t limit) const;
  void settle(const std::vector<std::uint64_t>& delivered, const std::vector<ports::Postponement>& postponed);
  std::vector<ports::OutboxLevel> measure(const ports::ShardSet& shards) const;

 private:
  struct Kept {
    ports::Delivery delivery;
    Timestamp due_at;
  };

  std::map<std::uint64_t, Kept> deliveries_;
  std::uint64_t last_number_ = 0;
};

}  // namespace skald::storage

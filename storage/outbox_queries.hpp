// SQL of the table `outbox`. Every function throws what the database throws.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/outbox.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

std::vector<ports::Delivery> select_due_deliveries(soci::session& session, const std::string& sink,
                                                   const ports::ShardSet& shards, Timestamp now,
                                                   const std::vector<ExecutionId>& left_out, std::size_t limit);
void settle_deliveries(soci::session& session, const Dialect& dialect, const std::vector<std::uint64_t>& delivered,
                       const std::vector<ports::Postponement>& postponed);
std::vector<ports::OutboxLevel> select_outbox_levels(soci::session& session, const ports::ShardSet& shards);

}  // namespace skald::storage

// The reads of executions and histories. All throw soci::soci_error, and CorruptRow where what is stored is not
// what was written; the store turns both into an Error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ports/execution_index.hpp"
#include "engine/ports/history_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

// nullopt: no such execution.
std::optional<ports::StoredExecution> select_execution(soci::session& session, const ExecutionId& id);
std::optional<ports::StoredExecution> select_by_key(soci::session& session, const std::string& namespace_name,
                                                    const std::string& workflow, const std::string& key);
std::vector<ports::HistoryRow> select_history(soci::session& session, const ExecutionId& id,
                                              std::uint64_t after_position, std::size_t limit);
std::vector<ports::WakeUp> select_wake_ups(soci::session& session, const ports::ShardSet& shards, Timestamp until,
                                           const std::optional<ports::WakeUp>& after, std::size_t limit);
std::vector<ports::WakeUp> select_restless(soci::session& session, const ports::ShardSet& shards,
                                           const std::optional<ports::WakeUp>& after, std::size_t limit);
std::vector<ports::StoredExecution> select_matching(soci::session& session, const Dialect& dialect,
                                                    const ports::ExecutionQuery& query);
std::vector<ports::LiveCount> count_live(soci::session& session, const ports::ShardSet& shards);

}  // namespace skald::storage

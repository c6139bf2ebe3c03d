// SQL of the table `schedules`. Every function throws what the database throws.
#pragma once

#include <vector>

#include "engine/ports/schedule_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

std::vector<ports::StoredSchedule> select_schedules(soci::session& session, const ports::ShardSet& shards);
// In a transaction of its own.
bool write_schedule(soci::session& session, const Dialect& dialect, const ports::StoredSchedule& schedule);

}  // namespace skald::storage

// The shards of this process among those that share a PostgreSQL: the tables `nodes` and `shards`.
#pragma once

#include <memory>
#include <vector>

#include "engine/ports/shard_leases.hpp"
#include "storage/store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;
class Owner;
class PostgresNotices;

// `owner` is set when this process joins. What it refers to outlives it.
std::unique_ptr<ports::ShardLeases> make_postgres_leases(const Dialect& dialect, PostgresNotices& notices,
                                                         NodeOptions options, Owner& owner);

// All members, by name. Throws soci::soci_error.
std::vector<ports::ClusterNode> select_nodes(soci::session& session);

}  // namespace skald::storage

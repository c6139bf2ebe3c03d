// The shards of this process among those that share a PostgreSQL: the tables `nodes` and `shards`.
#pragma once

#include <memory>

#include "engine/ports/shard_leases.hpp"
#include "storage/store.hpp"

namespace skald::storage {

class Dialect;
class Owner;
class PostgresNotices;

// `owner` is set when this process joins. What it refers to outlives it.
std::unique_ptr<ports::ShardLeases> make_postgres_leases(const Dialect& dialect, PostgresNotices& notices,
                                                         NodeOptions options, Owner& owner);

}  // namespace skald::storage

// The shards of this process among those that share a PostgreSQL: the tables `nodes` and `shards`.
#pragma once

#include <memory>
#include <string>

#include "engine/ports/shard_leases.hpp"
#include "storage/store.hpp"

namespace skald::storage {

class Dialect;
class Owner;

// A session of its own, opened with the first call and again after every error. `owner` is set when this process joins.
// The dialect and `owner` outlive it.
std::unique_ptr<ports::ShardLeases> make_postgres_leases(const Dialect& dialect, std::string connection,
                                                         NodeOptions options, Owner& owner);

}  // namespace skald::storage

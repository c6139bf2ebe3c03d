// The store over SOCI, put together from its parts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/postgres_notices.hpp"
#include "storage/process_lock.hpp"
#include "storage/store.hpp"

namespace skald::storage {

// Where the database is.
struct Place {
  std::string name;                 // for people; no credentials
  std::optional<ProcessLock> lock;  // of a file of ours: its disk is watched too
};

// Whose the shards are. Without leases all of them are this process's.
struct Cluster {
  Owner owner;
  std::optional<PostgresNotices> notices = {};
  std::unique_ptr<ports::ShardLeases> leases = {};
  std::unique_ptr<ports::Inbox> inbox = {};
};

// `first` is open for writing; where the database takes several writers at a time, the others are opened here. Throws
// std::exception.
std::unique_ptr<Store> make_soci_store(std::unique_ptr<Dialect> dialect, std::unique_ptr<soci::session> first,
                                       Place place, std::unique_ptr<Cluster> cluster, const StoreOptions& options);

}  // namespace skald::storage

#include <fmt/format.h>
#include <soci/soci.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/url.hpp"
#include "storage/migrations.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/postgres_inbox.hpp"
#include "storage/postgres_leases.hpp"
#include "storage/soci_store.hpp"

namespace skald::storage {
namespace {

using MakeDialect = std::function<std::unique_ptr<Dialect>()>;
using JoinCluster = std::function<std::unique_ptr<Cluster>(const Dialect&, soci::session&)>;

Result<std::unique_ptr<Store>> open_place(const MakeDialect& make_dialect, const JoinCluster& join, Place place,
                                          const StoreOptions& options, std::string remedy) {
  try {
    auto dialect = make_dialect();
    auto writer = std::make_unique<soci::session>();
    dialect->open(*writer, true);
    if (auto migrated = migrate(*writer, *dialect); !migrated) {
      migrated.error().subject = place.name;
      return std::unexpected(std::move(migrated.error()));
    }
    auto cluster = join(*dialect, *writer);
    return make_soci_store(std::move(dialect), std::move(writer), std::move(place), std::move(cluster), options);
  } catch (const std::exception& error) {
    return failure("store.unavailable", "the database cannot be opened", place.name, std::move(remedy),
                   message_of(error));
  }
}

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, const StoreOptions& options) {
  auto lock = ProcessLock::take(path);
  if (!lock) return std::unexpected(std::move(lock.error()));
  return open_place([&] { return make_sqlite_dialect({path, options.busy_timeout, options.bytes_max}); },
                    [](const Dialect& dialect, soci::session& writer) {
                      auto cluster = std::make_unique<Cluster>();
                      cluster->owner.set(take_shards(writer, dialect));
                      return cluster;
                    },
                    {.name = path, .lock = std::move(*lock)}, options,
                    "check that it is an SQLite file and that its directory may be written");
}

Result<std::unique_ptr<Store>> open_postgres(const std::string& url, const StoreOptions& options) {
  std::string connection;
  return open_place(
      [&] {
        connection = postgres_connection(url);
        return make_postgres_dialect(connection, options.busy_timeout);
      },
      [&](const Dialect& dialect, soci::session&) {
        auto cluster = std::make_unique<Cluster>();
        cluster->notices.emplace(connection);
        cluster->leases = make_postgres_leases(dialect, *cluster->notices, options.node, cluster->owner);
        cluster->inbox = make_postgres_inbox(dialect, *cluster->notices);
        return cluster;
      },
      {.name = without_password(url), .lock = {}}, options,
      "check that the server runs, the address and the credentials");
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::string& url, const StoreOptions& options) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return open_postgres(url, options);
  }
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size() || url.find('"') != std::string::npos) {
    return failure("store.url",
                   fmt::format("the storage must be sqlite:PATH or postgresql://... (got '{}')", without_password(url)),
                   "storage", "for example sqlite:skald.db");
  }
  return open_sqlite(url.substr(kSqlite.size()), options);
}

}  // namespace skald::storage

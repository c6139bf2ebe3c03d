// The database's clock, which decides of leases: nodes need not agree on theirs.
#pragma once

namespace skald::storage {

// Milliseconds since 1970, for a statement.
inline constexpr const char* kPostgresNow = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)";

}  // namespace skald::storage

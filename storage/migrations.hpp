// Brings a database to the schema of this binary.
#pragma once

#include <cstdint>

#include "engine/base/error.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

// Each schema version in a transaction of its own. Errors: "store.newer", "store.unavailable".
Result<void> migrate(soci::session& session, const Dialect& dialect);

// Takes ownership of the shards: their next epoch. Throws soci::soci_error.
std::uint64_t take_shards(soci::session& session, const Dialect& dialect);

}  // namespace skald::storage

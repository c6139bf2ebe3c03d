// SQL of the tables `collections` and `collected`. Every function throws what the database throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/ports/collection.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

ports::StoredCollection select_collection(soci::session& session, const ports::CollectionKey& key, std::uint64_t event);
// In a transaction of its own: all of it, or nothing and false.
bool write_collection(soci::session& session, const Dialect& dialect, const ports::CollectionKey& key,
                      const ports::CollectionWrite& write);
std::uint64_t count_collections(soci::session& session);
std::uint64_t delete_collections(soci::session& session, const Dialect& dialect, Timestamp written_before,
                                 std::size_t limit);
// Within a transaction of the caller's.
void forget_collected(soci::session& session, std::uint64_t event);

}  // namespace skald::storage

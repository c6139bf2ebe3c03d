// SQL of the tables `events`, `event_keys`, `event_filters` and `subscriptions`. Every function throws what the
// database throws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ports/definition_store.hpp"
#include "engine/ports/event_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

// Within a transaction of the caller's.
void insert_filters(soci::session& session, const std::vector<ports::StoredFilter>& filters);

std::vector<std::string> select_filters(soci::session& session, const std::string& type);
std::optional<std::uint64_t> insert_event(soci::session& session, const Dialect& dialect, const ports::NewEvent& event);
void settle_event(soci::session& session, const Dialect& dialect, std::uint64_t number, ports::EventFate fate);
std::vector<ports::StoredEvent> select_new_events(soci::session& session, Timestamp received_before,
                                                  std::uint64_t after, std::size_t limit);
std::vector<ports::StoredEvent> select_events(soci::session& session, const std::vector<ports::EventWish>& wishes,
                                              std::uint64_t after, std::size_t limit);
std::vector<ports::Listener> select_listeners(soci::session& session, const ports::EventKey& key,
                                              const std::optional<ports::Listener>& after, std::size_t limit);
std::uint64_t count_kept_events(soci::session& session);
std::uint64_t delete_events(soci::session& session, const Dialect& dialect, Timestamp received_before,
                            std::size_t limit);

}  // namespace skald::storage

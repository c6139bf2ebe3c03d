#include "storage/event_queries.hpp"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>

#include "storage/collection_queries.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// The column `fate`, which is 0 in the beginning.
constexpr int kKept = 1;
constexpr int kTaken = 2;

void delete_keys(soci::session& session, long long number) {
  session << "DELETE FROM event_keys WHERE event = :event", soci::use(number);
}

void delete_event(soci::session& session, long long number) {
  delete_keys(session, number);
  forget_collected(session, static_cast<std::uint64_t>(number));
  session << "DELETE FROM events WHERE id = :id", soci::use(number);
}

// Another node may have brought it to somebody.
bool is_nobodys(soci::session& session, long long number) {
  long long count = 0;
  session << "SELECT count(*) FROM events WHERE id = :id AND fate = 0"
             " AND NOT EXISTS (SELECT 1 FROM collected WHERE event = :same)",
      soci::into(count), soci::use(number), soci::use(number);
  return count > 0;
}

// Once, with every key that it was found by.
void add(std::vector<StoredEvent>& found, StoredEvent event) {
  const auto known = std::ranges::find(found, event.number, &StoredEvent::number);
  if (known == found.end()) return found.push_back(std::move(event));
  known->keys.push_back(std::move(event.keys.front()));
}

std::vector<EventKey> select_keys(soci::session& session, std::uint64_t number) {
  const auto event = static_cast<long long>(number);
  EventKey key;
  soci::statement statement = (session.prepare << "SELECT shape, key FROM event_keys WHERE event = :event",
                               soci::into(key.shape), soci::into(key.key), soci::use(event));
  std::vector<EventKey> keys;
  for (bool more = statement.execute(true); more; more = statement.fetch()) keys.push_back(key);
  return keys;
}

}  // namespace

void insert_filters(soci::session& session, const std::vector<StoredFilter>& filters) {
  for (const auto& filter : filters) {
    session << "INSERT INTO event_filters (shape, type, filter) VALUES (:shape, :type, :filter) ON CONFLICT DO NOTHING",
        soci::use(filter.shape), soci::use(filter.type), soci::use(filter.filter);
  }
}

std::vector<std::string> select_filters(soci::session& session, const std::string& type) {
  std::string filter;
  soci::statement statement =
      (session.prepare << "SELECT filter FROM event_filters WHERE type = :type OR type = '' ORDER BY shape",
       soci::into(filter), soci::use(type));
  std::vector<std::string> filters;
  for (bool more = statement.execute(true); more; more = statement.fetch()) filters.push_back(filter);
  return filters;
}

std::optional<std::uint64_t> insert_event(soci::session& session, const Dialect& dialect, const NewEvent& event) {
  const long long received_at = to_millis(event.received_at);
  long long number = 0;
  bool is_new = false;
  GuardedTransaction transaction(session, dialect);
  transaction.run([&] {
    {
      soci::statement statement =
          (session.prepare << "INSERT INTO events (source, event_id, envelope, received_at, fate)"
                              " VALUES (:source, :id, :envelope, :received_at, 0) ON CONFLICT DO NOTHING RETURNING id",
           soci::use(event.source), soci::use(event.id), soci::use(event.envelope), soci::use(received_at),
           soci::into(number));
      is_new = statement.execute(true);
      while (is_new && statement.fetch()) continue;  // past its only row, so that no read stays open
    }
    if (!is_new) return;
    for (const auto& [shape, key] : event.keys) {
      session << "INSERT INTO event_keys (shape, key, event) VALUES (:shape, :key, :event)", soci::use(shape),
          soci::use(key), soci::use(number);
    }
  });
  transaction.commit();
  return is_new ? std::optional(static_cast<std::uint64_t>(number)) : std::nullopt;
}

void settle_event(soci::session& session, const Dialect& dialect, std::uint64_t number, EventFate fate) {
  const auto event = static_cast<long long>(number);
  GuardedTransaction transaction(session, dialect);
  transaction.run([&] {
    if (fate == EventFate::kDropped) {
      if (is_nobodys(session, event)) delete_event(session, event);
    } else if (fate == EventFate::kTaken) {
      delete_keys(session, event);
      session << "UPDATE events SET fate = :fate, envelope = '' WHERE id = :id", soci::use(kTaken), soci::use(event);
    } else {
      session << "UPDATE events SET fate = :fate WHERE id = :id AND fate = 0", soci::use(kKept), soci::use(event);
    }
  });
  transaction.commit();
}

std::vector<StoredEvent> select_new_events(soci::session& session, Timestamp received_before, std::uint64_t after,
                                           std::size_t limit) {
  const long long before = to_millis(received_before);
  const auto last = static_cast<long long>(after);
  long long number = 0;
  StoredEvent event;
  std::vector<StoredEvent> found;
  {
    soci::statement statement =
        (session.prepare << "SELECT id, envelope FROM events WHERE fate = 0 AND id > :last AND received_at < :before"
                            " ORDER BY id LIMIT "
                         << limit,
         soci::into(number), soci::into(event.envelope), soci::use(last), soci::use(before));
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      event.number = static_cast<std::uint64_t>(number);
      found.push_back(event);
    }
  }
  for (auto& each : found) each.keys = select_keys(session, each.number);
  return found;
}

std::vector<StoredEvent> select_events(soci::session& session, const std::vector<EventWish>& wishes,
                                       std::uint64_t after, std::size_t limit) {
  const auto last = static_cast<long long>(after);
  std::vector<StoredEvent> found;
  for (const auto& [key, since] : wishes) {
    const long long from = to_millis(since);
    long long number = 0;
    std::string envelope;
    soci::statement statement =
        (session.prepare << "SELECT e.id, e.envelope FROM event_keys AS k JOIN events AS e ON e.id = k.event"
                            " WHERE k.shape = :shape AND k.key = :key AND k.event > :last AND e.received_at >= :since"
                            " ORDER BY k.event LIMIT "
                         << limit,
         soci::into(number), soci::into(envelope), soci::use(key.shape), soci::use(key.key), soci::use(last),
         soci::use(from));
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      add(found, {.number = static_cast<std::uint64_t>(number), .envelope = envelope, .keys = {key}});
    }
  }
  std::ranges::sort(found, {}, &StoredEvent::number);
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::vector<Listener> select_listeners(soci::session& session, const EventKey& key,
                                       const std::optional<Listener>& after, std::size_t limit) {
  const std::string last = after ? to_string(after->execution) : "";
  const std::string last_step = after ? after->step : "";
  std::string id, step;
  soci::statement statement =
      (session.prepare << "SELECT execution, step FROM subscriptions WHERE shape = :shape AND key = :key"
                          " AND (execution, step) > (:last, :last_step) ORDER BY execution, step LIMIT "
                       << limit,
       soci::into(id), soci::into(step), soci::use(key.shape), soci::use(key.key), soci::use(last),
       soci::use(last_step));
  std::vector<Listener> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) found.push_back({id_from_text(id), step});
  return found;
}

std::uint64_t count_kept_events(soci::session& session) {
  long long count = 0;
  session << "SELECT count(*) FROM events WHERE fate = 1", soci::into(count);
  return static_cast<std::uint64_t>(count);
}

std::uint64_t delete_events(soci::session& session, const Dialect& dialect, Timestamp received_before,
                            std::size_t limit) {
  const long long before = to_millis(received_before);
  std::vector<long long> numbers;
  GuardedTransaction transaction(session, dialect);
  transaction.run([&] {
    {
      long long number = 0;
      soci::statement statement =
          (session.prepare << "SELECT id FROM events WHERE received_at < :before ORDER BY received_at LIMIT " << limit,
           soci::into(number), soci::use(before));
      for (bool more = statement.execute(true); more; more = statement.fetch()) numbers.push_back(number);
    }
    for (const long long number : numbers) delete_event(session, number);
  });
  transaction.commit();
  return numbers.size();
}

}  // namespace skald::storage

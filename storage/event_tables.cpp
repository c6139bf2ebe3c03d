#include "storage/event_tables.hpp"

#include <fmt/format.h>

namespace skald::storage {

// `fate` is 0 until an event was offered to those who listen, 1 where it is kept for those who will, 2 where somebody
// has it and only its source and id are remembered.
std::vector<std::string> event_tables(const EventTableWords& words) {
  return {
      fmt::format("CREATE TABLE events (id {}, source TEXT NOT NULL, event_id TEXT NOT NULL, envelope TEXT NOT NULL,"
                  " received_at BIGINT NOT NULL, fate INTEGER NOT NULL, UNIQUE (source, event_id))",
                  words.number),
      "CREATE INDEX events_age ON events (received_at)",
      "CREATE INDEX events_fate ON events (fate, id) WHERE fate < 2",
      fmt::format("CREATE TABLE event_keys (shape TEXT NOT NULL, key TEXT NOT NULL, event BIGINT NOT NULL,"
                  " PRIMARY KEY (shape, key, event)){}",
                  words.keyed),
      "CREATE INDEX event_keys_event ON event_keys (event)",
      "CREATE TABLE event_filters (shape TEXT NOT NULL PRIMARY KEY, type TEXT NOT NULL, filter TEXT NOT NULL)",
      "CREATE INDEX event_filters_type ON event_filters (type)",
      fmt::format("CREATE TABLE subscriptions (shape TEXT NOT NULL, key TEXT NOT NULL, execution TEXT {0}NOT NULL,"
                  " step TEXT {0}NOT NULL, PRIMARY KEY (shape, key, execution, step)){1}",
                  words.by_byte, words.keyed),
      "CREATE INDEX subscriptions_execution ON subscriptions (execution)",
  };
}

// A row for each event and sink until the sink has it. `due_at` is 0 until an attempt has failed.
std::vector<std::string> outbox_tables(const EventTableWords& words) {
  return {
      fmt::format(
          "CREATE TABLE outbox (id {}, execution TEXT {}NOT NULL, shard INTEGER NOT NULL, workflow TEXT NOT NULL,"
          " step TEXT NOT NULL, sink TEXT NOT NULL, envelope TEXT NOT NULL, emitted_at BIGINT NOT NULL,"
          " due_at BIGINT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL)",
          words.number, words.by_byte),
      "CREATE INDEX outbox_due ON outbox (sink, due_at, id)",
      "CREATE INDEX outbox_order ON outbox (sink, execution, id)",
      "CREATE INDEX outbox_age ON outbox (sink, shard, emitted_at)",
  };
}

// A row for each workflow that has a schedule, or had one: then its `rule` is empty.
std::vector<std::string> schedule_tables(const EventTableWords& words) {
  return {
      fmt::format("CREATE TABLE schedules (namespace TEXT {0}NOT NULL, name TEXT {0}NOT NULL, shard INTEGER NOT NULL,"
                  " revision BIGINT NOT NULL, rule TEXT NOT NULL, next_at BIGINT, last_at BIGINT, last_execution TEXT,"
                  " error TEXT NOT NULL, PRIMARY KEY (namespace, name)){1}",
                  words.by_byte, words.keyed),
  };
}

// What an execution is about, while no other one of its workflow may start for the same.
std::vector<std::string> unique_columns() {
  return {
      "ALTER TABLE executions ADD COLUMN unique_key TEXT",
      "ALTER TABLE executions ADD COLUMN unique_until BIGINT",
      "CREATE UNIQUE INDEX executions_unique ON executions (namespace, workflow, unique_key)"
      " WHERE unique_key IS NOT NULL",
  };
}

// A row for each key that a workflow collects events under, with too long a text for a table without row numbers; and
// one for each event and workflow that has had it, as long as the event has its own.
std::vector<std::string> collection_tables(const EventTableWords& words) {
  return {
      fmt::format("CREATE TABLE collections (namespace TEXT {0}NOT NULL, name TEXT {0}NOT NULL, key TEXT {0}NOT NULL,"
                  " revision BIGINT NOT NULL, state TEXT NOT NULL, written_at BIGINT NOT NULL,"
                  " PRIMARY KEY (namespace, name, key))",
                  words.by_byte),
      "CREATE INDEX collections_age ON collections (written_at)",
      fmt::format("CREATE TABLE collected (event BIGINT NOT NULL, namespace TEXT {0}NOT NULL, name TEXT {0}NOT NULL,"
                  " PRIMARY KEY (event, namespace, name)){1}",
                  words.by_byte, words.keyed),
  };
}

}  // namespace skald::storage

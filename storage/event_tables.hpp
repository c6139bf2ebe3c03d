// The tables of events, those that come in, those that go out and what is collected of them, and of schedules, and what
// came to that of executions with saga.unique, as both databases have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skald::storage {

// What differs between them: how rows are numbered, how ids are compared, what a table without row numbers is called.
struct EventTableWords {
  std::string_view number;
  std::string_view by_byte;
  std::string_view keyed;
};

std::vector<std::string> event_tables(const EventTableWords& words);
std::vector<std::string> outbox_tables(const EventTableWords& words);
std::vector<std::string> schedule_tables(const EventTableWords& words);
std::vector<std::string> unique_columns();
std::vector<std::string> collection_tables(const EventTableWords& words);

}  // namespace skald::storage

// Between database text and the ports' values.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::storage {

// What is stored is not what was written.
class CorruptRow : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws CorruptRow.
ExecutionId id_from_text(const std::string& text);

// {"region":"eu"}: an object of strings.
std::string texts_to_json(const std::map<std::string, std::string>& texts);
// Throws CorruptRow.
std::map<std::string, std::string> texts_from_json(const std::string& text);

// "3, 17", for IN; "NULL" for none.
std::string sql_list_of(const ports::ShardSet& shards);

// "'0192...', '0193...'": an id has no character that SQL could take for anything else.
std::string sql_list_of(const std::vector<ExecutionId>& ids);

// ASCII letters alone, as SQL's lower() does everywhere.
std::string to_lower(std::string text);

}  // namespace skald::storage

// The parameter of the statement that writes a batch: its appends as one JSON object. Filled by the writer's thread,
// for one execution of the statement.
#pragma once

#include <cstddef>
#include <string>

#include "engine/ports/history_store.hpp"

namespace skald::storage {

class Owner;

class Batch {
 public:
  void add(const ports::Append& append);

  std::size_t count() const { return count_; }
  std::string to_json(const Owner& owner) const;
  // The unique keys that its executions want, as a JSON array; blank where there is none.
  std::string wanted_keys() const { return wanted_.empty() ? std::string() : "[" + wanted_ + "]"; }
  std::size_t wanted_count() const { return wanted_count_; }

 private:
  std::string appends_, applied_, wanted_;
  std::size_t count_ = 0, wanted_count_ = 0;
};

}  // namespace skald::storage

// What the expressions of a whole definition say of its input and of what its calls answer.
#pragma once

#include <map>
#include <string>

#include "engine/definition/definition.hpp"
#include "engine/dry_run/shape.hpp"

namespace skald::dry_run {

struct Shapes {
  Shape input;
  std::map<std::string, Shape> outputs;  // of calls, by static path
  // Calls that race answer alike, whoever wins: to each the one whose shape is theirs.
  std::map<std::string, std::string> same_as;
};

Shapes read_shapes(const definition::Definition& definition);

}  // namespace skald::dry_run

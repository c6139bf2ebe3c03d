// What is tried: a definition with the data that its executions start with and its calls are answered with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/payload.hpp"
#include "engine/definition/definition.hpp"
#include "engine/definition/operation_catalog.hpp"

namespace skald::dry_run {

struct Subject {
  definition::DefinitionPtr definition;
  definition::OperationCatalog operations;
  Payload input;
  // By static path: what the step's call answers, the first time, the second time, ...; the last one from then on.
  std::map<std::string, std::vector<Payload>> outputs;
  std::vector<std::string> assumptions;  // for people: what was made up
  // Steps, by static path, whose effects nobody needs to undo, and why.
  std::map<std::string, std::string> accepted;
};

// "shop/checkout 1.0.0"
std::string name_of(const Subject& subject);

struct Given {
  std::optional<Payload> input;                            // none: made from input.schema and what expressions read
  std::map<std::string, std::vector<Payload>> outputs;     // by static path; others are made from what expressions read
  std::optional<definition::OperationCatalog> operations;  // none: every operation is a POST
};

// Errors: "simulate.input" (the input does not fit the schema, or none that fits could be made).
Result<Subject> make_subject(definition::DefinitionPtr definition, Given given);

}  // namespace skald::dry_run

// JSON Schema draft-07: compiled once with the definition, then applied to inputs and outputs.
//
// Immutable and shareable between threads. A schema with a keyword that would be ignored is refused at load.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"

namespace skald::definition {

struct SchemaViolation {
  std::string pointer;  // RFC 6901, into the value that was checked
  std::string message;
};

class JsonSchema {
 public:
  // Errors: "schema.invalid" (subject: pointer into the schema).
  static Result<JsonSchema> compile(const Json& document);

  // Empty when the value is valid; at most 20 violations.
  std::vector<SchemaViolation> validate(const Json& value) const;

  struct Compiled;  // schema/schema_node.hpp

 private:
  explicit JsonSchema(std::shared_ptr<const Compiled> compiled);

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace skald::definition

// An immutable JSON document and its text. Text of our own is parsed only when somebody looks inside.
//
// Copies are cheap (a shared handle). Thread rule: a Payload that several threads hold must have been parsed before it
// is shared, or be used through text() alone; the engine keeps an execution's payloads on its loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace skald {

class Payload {
 public:
  // The document `null`.
  Payload();

  // Checks syntax and depth. Errors: those of parse_json.
  static Result<Payload> from_text(std::string text);

  // For text that is already known to be well-formed (our own history rows, text we wrote).
  static Payload from_trusted_text(std::string text);

  // The value must not be nested deeper than kJsonDepthMax.
  static Payload from_json(Json value);

  std::string_view text() const;
  const Json& json() const;
  bool is_null() const;

  // Equal as JSON values.
  bool operator==(const Payload& other) const;

 private:
  struct Document;
  explicit Payload(std::shared_ptr<Document> document);

  std::shared_ptr<Document> document_;
};

}  // namespace skald

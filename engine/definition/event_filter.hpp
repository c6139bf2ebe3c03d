// Which events a `listen` takes, as far as the event alone can tell: `with`, and the values it is correlated by.
//
// Stored with its definition as JSON, so that an event that comes in is held against the filters of every definition
// without loading one. Immutable; any thread. Source: DSL 1.0.3, "Event Filter"; CloudEvents 1.0.2.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"

namespace skald::definition {

class EventFilter {
 public:
  // `with`: attributes by name, an expression being text of the form `${ ... }`. `from`: correlation values by name.
  // Errors: "filter.invalid", whose subject is the place within them.
  static Result<EventFilter> compile(const Json& with, const Json& from);
  // The inverse of stored().
  static Result<EventFilter> parse(std::string_view stored);

  const std::string& stored() const;
  // The same for equal filters, of whatever definition: 32 hex digits.
  const std::string& shape() const;
  // By which names it is correlated, in order.
  const std::vector<std::string>& correlations() const;
  // The only type it takes; empty where it may take several.
  const std::string& type() const;

  // `event`: a CloudEvent in its structured form. What an expression cannot be asked of does not match.
  bool matches(const Json& event) const;

  // What the event is correlated by: a JSON list of the values in the order of their names, or the hash of a long one.
  // nullopt where it lacks one.
  std::optional<std::string> key_of(const Json& event) const;
  // The same of the values that are expected.
  static std::string make_key(Json values);

 private:
  struct Compiled;
  explicit EventFilter(std::shared_ptr<const Compiled> compiled);

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace skald::definition

// The variables an expression sees, resolved on demand.
//
// Building `$workflow` or `$steps` as JSON for each evaluation would copy whole payloads, so the evaluator asks for a
// variable together with the constant field names that follow it (`$steps.charge.output.id` asks for "steps" with
// {charge, output, id}) and the environment answers with a value somewhere along that way.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace skald::expression {

class Environment {
 public:
  struct Found {
    const Json* value = nullptr;  // lives as long as the environment
    std::size_t consumed = 0;     // how many of `fields` the value already stands behind
  };

  virtual ~Environment() = default;

  // `name` is without its dollar. nullopt: no such variable here, which is an evaluation error.
  virtual std::optional<Found> resolve(std::string_view name, std::span<const std::string> fields) const = 0;
};

// No variables at all.
class EmptyEnvironment final : public Environment {
 public:
  std::optional<Found> resolve(std::string_view, std::span<const std::string>) const override { return std::nullopt; }
};

}  // namespace skald::expression

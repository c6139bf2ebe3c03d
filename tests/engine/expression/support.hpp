// What the tests of expressions share: variables, evaluation of all results, equality as numbers see it.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/expression/expression.hpp"

namespace skald::expression {

// Variables from an object.
class Variables final : public Environment {
 public:
  explicit Variables(Json values = Json::object()) : values_(std::move(values)) {}

  std::optional<Found> resolve(std::string_view name, std::span<const std::string> fields) const override {
    const auto found = values_.find(std::string(name));
    if (found == values_.end()) return std::nullopt;
    // Answers as far down as it can, as the engine's does.
    const Json* value = &*found;
    std::size_t consumed = 0;
    while (consumed < fields.size() && value->is_object() && value->contains(fields[consumed])) {
      value = &(*value)[fields[consumed++]];
    }
    return Found{value, consumed};
  }

  const Json& values() const { return values_; }

 private:
  Json values_;
};

// Equal values, whether numbers are held as integers or as floating point.
inline bool same(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) {
    const double a = left.get<double>();
    const double b = right.get<double>();
    return a == b || std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
  }
  if (left.type() != right.type() || left.size() != right.size()) return false;
  if (left.is_array()) {
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (!same(left[i], right[i])) return false;
    }
    return true;
  }
  if (left.is_object()) {
    for (const auto& [key, value] : left.items()) {
      if (!right.contains(key) || !same(value, right[key])) return false;
    }
    return true;
  }
  return left == right;
}

// The message without the position that our errors end with.
inline std::string without_position(const std::string& message) {
  return message.substr(0, message.rfind(" (at byte "));
}

}  // namespace skald::expression

// JsonSchema::validate: one walk over schema and value. Nothing is allocated until something is wrong.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "engine/definition/schema/schema_node.hpp"

namespace skald::definition {
namespace {

constexpr std::size_t kViolationsMax = 20;
// Bounds for schemas that refer to themselves or multiply their own branches.
constexpr std::size_t kDepthMax = 512;
constexpr std::size_t kVisitsMax = 1'000'000;

// Where the walk stands; on the stack, from the leaf to the root.
struct Path {
  const Path* parent = nullptr;
  const std::string* key = nullptr;  // or:
  std::size_t index = 0;
};

std::string to_pointer(const Path* path) {
  if (path == nullptr) return "";
  std::string part = path->key == nullptr ? fmt::to_string(path->index) : *path->key;
  std::string escaped;
  for (const char c : part) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return to_pointer(path->parent) + "/" + escaped;
}

std::uint8_t type_bits(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return kNullType;
    case Json::value_t::boolean:
      return kBooleanType;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return kIntegerType | kNumberType;
    case Json::value_t::number_float: {
      const double number = value.get<double>();
      return std::floor(number) == number ? kIntegerType | kNumberType : kNumberType;
    }
    case Json::value_t::string:
      return kStringType;
    case Json::value_t::array:
      return kArrayType;
    default:
      return kObjectType;
  }
}

std::string_view type_name(const Json& value) {
  const std::uint8_t bits = type_bits(value);
  if (bits & kIntegerType) return "integer";
  for (std::size_t i = 0; i < std::size(kTypeNames); ++i) {
    if (bits & (1u << i)) return kTypeNames[i];
  }
  return "value";
}

std::string type_list(std::uint8_t types) {
  std::string list;
  for (std::size_t i = 0; i < std::size(kTypeNames); ++i) {
    if (!(types & (1u << i))) continue;
    if (!list.empty()) list += " or ";
    list += kTypeNames[i];
  }
  return list;
}

std::size_t count_characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_multiple(const Json& value, const Json& of) {
  if (value.is_number_integer() && of.is_number_integer()) {
    if (value.is_number_unsigned() && of.is_number_unsigned())
      return value.get<std::uint64_t>() % of.get<std::uint64_t>() == 0;
    return value.get<std::int64_t>() % of.get<std::int64_t>() == 0;
  }
  const double quotient = value.get<double>() / of.get<double>();
  return std::isfinite(quotient) &&
         std::abs(quotient - std::round(quotient)) < 1e-9 * std::max(1.0, std::abs(quotient));
}

class Validator {
 public:
  explicit Validator(std::vector<SchemaViolation>* violations) : violations_(violations) {}

  // False where the value is invalid. With a list of violations all are found, without one the first ends the walk.
  bool check(const SchemaNode& schema, const Json& value, const Path* path) {
    if (++visits_ > kVisitsMax || depth_ >= kDepthMax) {
      return fail(schema, path, "cannot be checked: the schema refers to itself too often");
    }
    if (schema.constant) return *schema.constant || fail(schema, path, "is not allowed here");
    ++depth_;
    const bool good = schema.ref != nullptr ? check(*schema.ref, value, path) : check_keywords(schema, value, path);
    --depth_;
    return good;
  }

 private:
  bool full() const { return violations_ == nullptr || violations_->size() >= kViolationsMax; }

  bool fail(const SchemaNode&, const Path* path, std::string message) {
    if (violations_ != nullptr && violations_->size() < kViolationsMax) {
      violations_->push_back({to_pointer(path), std::move(message)});
    }
    return false;
  }

  // " (got ...)", unless the value must not be shown.
  static std::string got(const SchemaNode& schema, const Json& value) {
    constexpr std::size_t kShownMax = 60;
    if (schema.is_write_only) return "";
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > kShownMax) {
      std::size_t end = kShownMax;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
      text = text.substr(0, end) + "...";
    }
    return fmt::format(" (got {})", text);
  }

  // Whether a subschema accepts, without a report.
  bool accepts(const SchemaNode& schema, const Json& value, const Path* path) {
    std::vector<SchemaViolation>* const outer = std::exchange(violations_, nullptr);
    const bool good = check(schema, value, path);
    violations_ = outer;
    return good;
  }

  bool check_keywords(const SchemaNode& schema, const Json& value, const Path* path) {
    if (schema.types != 0 && !(schema.types & type_bits(value))) {
      return fail(schema, path, fmt::format("must be of type {} (got {})", type_list(schema.types), type_name(value)));
    }
    bool good = check_values(schema, value, path);
    if (!good && full()) return false;
    if (value.is_object()) {
      good = check_object(schema, value, path) && good;
    } else if (value.is_array()) {
      good = check_array(schema, value, path) && good;
    } else if (value.is_string()) {
      good = check_string(schema, value, path) && good;
    } else if (value.is_number()) {
      good = check_number(schema, value, path) && good;
    }
    if (!good && full()) return false;
    return check_combinations(schema, value, path) && good;
  }

  bool check_values(const SchemaNode& schema, const Json& value, const Path* path) {
    bool good = true;
    if (schema.const_value && *schema.const_value != value) {
      good = fail(schema, path, fmt::format("must be {}{}", schema.const_value->dump(), got(schema, value)));
    }
    if (!schema.enum_values.empty() &&
        std::find(schema.enum_values.begin(), schema.enum_values.end(), value) == schema.enum_values.end()) {
      std::vector<std::string> shown;
      for (const Json& allowed : schema.enum_values) shown.push_back(allowed.dump());
      good = fail(schema, path, fmt::format("must be one of {}{}", fmt::join(shown, ", "), got(schema, value)));
    }
    return good;
  }

  bool check_number(const SchemaNode& schema, const Json& value, const Path* path) {
    bool good = true;
    const auto report = [&](std::string_view rule, const Json& limit) {
      good = fail(schema, path, fmt::format("must be {} {}{}", rule, limit.dump(), got(schema, value)));
    };
    if (schema.maximum && value > *schema.maximum) report("at most", *schema.maximum);
    if (schema.exclusive_maximum && value >= *schema.exclusive_maximum) report("less than", *schema.exclusive_maximum);
    if (schema.minimum && value < *schema.minimum) report("at least", *schema.minimum);
    if (schema.exclusive_minimum && value <= *schema.exclusive_minimum)
      report("greater than", *schema.exclusive_minimum);
    if (schema.multiple_of && !is_multiple(value, *schema.multiple_of)) report("a multiple of", *schema.multiple_of);
    return good;
  }

  bool check_string(const SchemaNode& schema, const Json& value, const Path* path) {
    const std::string& text = value.get_ref<const std::string&>();
    bool good = true;
    if (schema.length_max || schema.length_min) {
      const std::size_t length = count_characters(text);
      if (schema.length_max && length > *schema.length_max) {
        good = fail(schema, path, fmt::format("must have at most {} characters (got {})", *schema.length_max, length));
      }
      if (schema.length_min && length < *schema.length_min) {
        good = fail(schema, path, fmt::format("must have at least {} characters (got {})", *schema.length_min, length));
      }
    }
    if (schema.pattern && !RE2::PartialMatch(text, *schema.pattern)) {
      good =
          fail(schema, path, fmt::format("must match the pattern {}{}", schema.pattern->pattern(), got(schema, value)));
    }
    if (schema.format && !matches_format(*schema.format, text)) {
      good = fail(schema, path, fmt::format("must be a valid {}{}", name_of(*schema.format), got(schema, value)));
    }
    return good;
  }

  bool check_array(const SchemaNode& schema, const Json& value, const Path* path) {
    bool good = true;
    if (schema.items_max && value.size() > *schema.items_max) {
      good = fail(schema, path, fmt::format("must have at most {} items (got {})", *schema.items_max, value.size()));
    }
    if (schema.items_min && value.size() < *schema.items_min) {
      good = fail(schema, path, fmt::format("must have at least {} items (got {})", *schema.items_min, value.size()));
    }
    if (schema.unique_items && value.size() > 1) good = check_unique(schema, value, path) && good;
    if (schema.contains != nullptr) {
      std::size_t index = 0;
      const bool found = std::any_of(value.begin(), value.end(), [&](const Json& item) {
        const Path place{path, nullptr, index++};
        return accepts(*schema.contains, item, &place);
      });
      if (!found) good = fail(schema, path, "must contain an item that matches the schema of 'contains'");
    }
    if (schema.items == nullptr && schema.tuple.empty()) return good;
    for (std::size_t i = 0; i < value.size() && (good || !full()); ++i) {
      const SchemaNode* item = schema.items;
      if (item == nullptr) item = i < schema.tuple.size() ? schema.tuple[i] : schema.additional_items;
      const Path place{path, nullptr, i};
      if (item != nullptr) good = check(*item, value[i], &place) && good;
    }
    return good;
  }

  bool check_unique(const SchemaNode& schema, const Json& value, const Path* path) {
    std::vector<const Json*> items;
    for (const Json& item : value) items.push_back(&item);
    std::sort(items.begin(), items.end(), [](const Json* a, const Json* b) { return *a < *b; });
    const auto twice =
        std::adjacent_find(items.begin(), items.end(), [](const Json* a, const Json* b) { return *a == *b; });
    return twice == items.end() || fail(schema, path, fmt::format("must have unique items{}", got(schema, **twice)));
  }

  bool check_object(const SchemaNode& schema, const Json& value, const Path* path) {
    bool good = true;
    if (schema.properties_max && value.size() > *schema.properties_max) {
      good = fail(schema, path,
                  fmt::format("must have at most {} properties (got {})", *schema.properties_max, value.size()));
    }
    if (schema.properties_min && value.size() < *schema.properties_min) {
      good = fail(schema, path,
                  fmt::format("must have at least {} properties (got {})", *schema.properties_min, value.size()));
    }
    for (const std::string& name : schema.required) {
      if (!value.contains(name)) good = fail(schema, path, fmt::format("must have the property '{}'", name));
    }
    for (const auto& [name, others] : schema.dependent_required) {
      if (!value.contains(name)) continue;
      for (const std::string& other : others) {
        if (!value.contains(other)) {
          good = fail(schema, path, fmt::format("must have the property '{}' beside '{}'", other, name));
        }
      }
    }
    for (const auto& [name, child] : schema.dependent_schemas) {
      if (value.contains(name)) good = check(*child, value, path) && good;
    }
    if (!good && full()) return false;
    return check_properties(schema, value, path) && good;
  }

  bool check_properties(const SchemaNode& schema, const Json& value, const Path* path) {
    bool good = true;
    for (const auto& [name, child] : schema.properties) {
      const auto found = value.find(name);
      if (found == value.end()) continue;
      const Path place{path, &name, 0};
      good = check(*child, *found, &place) && good;
    }
    if (schema.pattern_properties.empty() && schema.additional_properties == nullptr &&
        schema.property_names == nullptr) {
      return good;
    }
    for (auto it = value.begin(); it != value.end() && (good || !full()); ++it) {
      const std::string& name = it.key();
      const Path place{path, &name, 0};
      bool known = std::any_of(schema.properties.begin(), schema.properties.end(),
                               [&](const auto& property) { return property.first == name; });
      for (const auto& [pattern, child] : schema.pattern_properties) {
        if (!RE2::PartialMatch(name, *pattern)) continue;
        known = true;
        good = check(*child, *it, &place) && good;
      }
      if (schema.property_names != nullptr) good = check(*schema.property_names, Json(name), &place) && good;
      if (!known && schema.additional_properties != nullptr) {
        good = check(*schema.additional_properties, *it, &place) && good;
      }
    }
    return good;
  }

  bool check_combinations(const SchemaNode& schema, const Json& value, const Path* path) {
    bool good = true;
    for (const SchemaNode* child : schema.all_of) good = check(*child, value, path) && good;
    if (!schema.any_of.empty() &&
        std::none_of(schema.any_of.begin(), schema.any_of.end(), [&](auto c) { return accepts(*c, value, path); })) {
      good = fail(schema, path, fmt::format("must match one of the {} schemas of 'anyOf'", schema.any_of.size()));
    }
    if (!schema.one_of.empty()) {
      const auto matches =
          std::count_if(schema.one_of.begin(), schema.one_of.end(), [&](auto c) { return accepts(*c, value, path); });
      if (matches != 1) {
        good = fail(schema, path,
                    fmt::format("must match exactly one of the {} schemas of 'oneOf' (matches {})",
                                schema.one_of.size(), matches));
      }
    }
    if (schema.negated != nullptr && accepts(*schema.negated, value, path)) {
      good = fail(schema, path, "must not match the schema of 'not'");
    }
    if (schema.condition != nullptr) {
      const SchemaNode* branch = accepts(*schema.condition, value, path) ? schema.then : schema.otherwise;
      if (branch != nullptr) good = check(*branch, value, path) && good;
    }
    return good;
  }

  std::vector<SchemaViolation>* violations_;
  std::size_t visits_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

std::vector<SchemaViolation> JsonSchema::validate(const Json& value) const {
  std::vector<SchemaViolation> violations;
  Validator(&violations).check(*compiled_->root, value, nullptr);
  return violations;
}

}  // namespace skald::definition

// The compiled form of one JSON Schema: what json_schema.hpp hides.
//
// Built by compile_schema(), immutable afterwards. Nodes refer to one another by plain pointers into the deque that
// owns them, so that recursive references need no ownership.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/definition/json_schema.hpp"
#include "engine/definition/schema/schema_format.hpp"

namespace skald::definition {

// Bits of SchemaNode::types, in the order of kTypeNames.
enum SchemaType : std::uint8_t {
  kNullType = 1,
  kBooleanType = 2,
  kIntegerType = 4,
  kNumberType = 8,
  kStringType = 16,
  kArrayType = 32,
  kObjectType = 64,
};

struct SchemaNode {
  using Child = const SchemaNode*;

  std::optional<bool> constant;  // the schemas `true` and `false`
  Child ref = nullptr;
  bool is_write_only = false;  // its values are not shown in messages

  std::uint8_t types = 0;  // 0: any
  std::optional<Json> const_value;
  std::vector<Json> enum_values;

  std::optional<Json> maximum, exclusive_maximum, minimum, exclusive_minimum, multiple_of;

  std::optional<std::size_t> length_max, length_min;
  std::unique_ptr<RE2> pattern;
  std::optional<SchemaFormat> format;

  Child items = nullptr;
  std::vector<Child> tuple;
  Child additional_items = nullptr;
  Child contains = nullptr;
  std::optional<std::size_t> items_max, items_min;
  bool unique_items = false;

  std::optional<std::size_t> properties_max, properties_min;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, Child>> properties;
  std::vector<std::pair<std::unique_ptr<RE2>, Child>> pattern_properties;
  Child additional_properties = nullptr;
  Child property_names = nullptr;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, Child>> dependent_schemas;

  std::vector<Child> all_of, any_of, one_of;
  Child negated = nullptr;
  Child condition = nullptr, then = nullptr, otherwise = nullptr;
};

struct JsonSchema::Compiled {
  std::deque<SchemaNode> nodes;
  const SchemaNode* root = nullptr;
};

inline constexpr const char* kTypeNames[] = {"null", "boolean", "integer", "number", "string", "array", "object"};

}  // namespace skald::definition

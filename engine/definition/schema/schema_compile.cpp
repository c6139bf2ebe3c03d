// JsonSchema::compile: checks a draft-07 schema keyword by keyword. Whatever would have no effect is an error.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/definition/schema/schema_node.hpp"

namespace skald::definition {
namespace {

// Caught by compile(): the first error is enough for a schema.
struct SchemaError {
  std::string pointer;
  std::string message;
};

std::string escape(std::string_view key) {
  std::string escaped;
  for (const char c : key) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return escaped;
}

class Compiler {
 public:
  Compiler(const Json& document, JsonSchema::Compiled& compiled) : document_(document), compiled_(compiled) {}

  // The node of the schema at `pointer`; each is compiled once, so references may be recursive.
  const SchemaNode* node(const Json& schema, const std::string& pointer) {
    constexpr std::size_t kNodesMax = 10'000;
    if (const auto found = nodes_.find(pointer); found != nodes_.end()) return found->second;
    if (compiled_.nodes.size() >= kNodesMax) fail(pointer, fmt::format("has more than {} parts", kNodesMax));
    SchemaNode& made = compiled_.nodes.emplace_back();
    nodes_.emplace(pointer, &made);
    if (schema.is_boolean()) {
      made.constant = schema.get<bool>();
    } else if (schema.is_object()) {
      fill(made, schema, pointer);
    } else {
      fail(pointer, fmt::format("must be an object or a boolean (got {})", schema.type_name()));
    }
    return &made;
  }

 private:
  using Reader = void (Compiler::*)(SchemaNode&, const Json&, const std::string&);

  [[noreturn]] static void fail(const std::string& pointer, std::string message) {
    throw SchemaError{pointer, std::move(message)};
  }

  static const std::map<std::string, Reader, std::less<>>& readers();

  static bool is_annotation(std::string_view key) {
    static constexpr std::string_view kAnnotations[] = {"title",    "description", "default", "examples",
                                                        "$comment", "readOnly",    "$schema", "$id"};
    return std::find(std::begin(kAnnotations), std::end(kAnnotations), key) != std::end(kAnnotations);
  }

  void fill(SchemaNode& made, const Json& schema, const std::string& pointer) {
    const bool is_ref = schema.contains("$ref");
    for (const auto& [key, value] : schema.items()) {
      const std::string place = pointer + "/" + escape(key);
      if (key == "$schema") check_dialect(value, place);
      if (key == "$id" && !pointer.empty()) fail(place, "'$id' is allowed at the root of a schema only");
      if (is_annotation(key)) continue;
      const auto reader = readers().find(key);
      if (reader == readers().end()) {
        fail(place, fmt::format("'{}' is not a keyword of JSON Schema draft-07 that is checked here", key));
      }
      if (is_ref && key != "$ref" && key != "definitions" && key != "$defs") {
        fail(place, fmt::format("'{}' has no effect beside '$ref' (draft-07); use allOf", key));
      }
      (this->*reader->second)(made, value, place);
    }
    if (schema.contains("additionalItems") && made.tuple.empty()) {
      fail(pointer + "/additionalItems", "'additionalItems' has no effect unless 'items' is a list");
    }
    if ((made.then != nullptr || made.otherwise != nullptr) && made.condition == nullptr) {
      fail(pointer, "'then' and 'else' have no effect without 'if'");
    }
  }

  static void check_dialect(const Json& value, const std::string& place) {
    if (!value.is_string() || value.get_ref<const std::string&>().find("draft-07") == std::string::npos) {
      fail(place, fmt::format("must name draft-07, http://json-schema.org/draft-07/schema# (got {})", value.dump()));
    }
  }

  static std::size_t count(const Json& value, const std::string& place) {
    const bool whole = value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1e15 &&
                       std::floor(value.get<double>()) == value.get<double>();
    if (!whole) fail(place, fmt::format("must be a non-negative integer (got {})", value.dump()));
    return static_cast<std::size_t>(value.get<double>());
  }

  static Json number(const Json& value, const std::string& place) {
    if (!value.is_number()) fail(place, fmt::format("must be a number (got {})", value.type_name()));
    return value;
  }

  static bool flag(const Json& value, const std::string& place) {
    if (!value.is_boolean()) fail(place, fmt::format("must be true or false (got {})", value.type_name()));
    return value.get<bool>();
  }

  static void expect_object(const Json& value, const std::string& place) {
    if (!value.is_object()) fail(place, fmt::format("must be an object (got {})", value.type_name()));
  }

  static std::vector<std::string> names(const Json& value, const std::string& place) {
    if (!value.is_array()) fail(place, fmt::format("must be a list of strings (got {})", value.type_name()));
    std::vector<std::string> result;
    for (const Json& item : value) {
      if (!item.is_string()) fail(place, fmt::format("must be a list of strings (has {})", item.type_name()));
      result.push_back(item.get<std::string>());
    }
    return result;
  }

  static std::unique_ptr<RE2> regex(const std::string& text, const std::string& place) {
    constexpr std::int64_t kMemoryMax = 1 << 20;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemoryMax);
    auto compiled = std::make_unique<RE2>(text, options);
    if (!compiled->ok())
      fail(place, fmt::format("is not a regular expression that RE2 accepts: {}", compiled->error()));
    return compiled;
  }

  std::vector<SchemaNode::Child> list(const Json& value, const std::string& place) {
    if (!value.is_array() || value.empty()) fail(place, "must be a non-empty list of schemas");
    std::vector<SchemaNode::Child> children;
    for (std::size_t i = 0; i < value.size(); ++i) children.push_back(node(value[i], fmt::format("{}/{}", place, i)));
    return children;
  }

  void read_type(SchemaNode& made, const Json& value, const std::string& place) {
    for (const std::string& name : value.is_string() ? std::vector{value.get<std::string>()} : names(value, place)) {
      const auto found = std::find(std::begin(kTypeNames), std::end(kTypeNames), name);
      if (found == std::end(kTypeNames)) fail(place, fmt::format("'{}' is not a type of JSON Schema", name));
      made.types |= static_cast<std::uint8_t>(1u << (found - std::begin(kTypeNames)));
    }
    if (made.types == 0) fail(place, "must name at least one type");
  }

  void read_ref(SchemaNode& made, const Json& value, const std::string& place) {
    if (!value.is_string()) fail(place, "must be a string");
    const std::string& text = value.get_ref<const std::string&>();
    if (!text.starts_with('#')) fail(place, fmt::format("must refer into this schema, '#/...' (got '{}')", text));
    try {
      const Json::json_pointer target(text.substr(1));
      if (!document_.contains(target)) fail(place, fmt::format("'{}' leads nowhere", text));
      made.ref = node(document_.at(target), target.to_string());
    } catch (const Json::exception&) {
      fail(place, fmt::format("'{}' is not a JSON pointer", text));
    }
  }

  void read_definitions(SchemaNode&, const Json& value, const std::string& place) {
    expect_object(value, place);
    for (const auto& [key, schema] : value.items()) node(schema, place + "/" + escape(key));
  }

  void read_enum(SchemaNode& made, const Json& value, const std::string& place) {
    if (!value.is_array() || value.empty()) fail(place, "must be a non-empty list of values");
    made.enum_values.assign(value.begin(), value.end());
  }

  void read_multiple_of(SchemaNode& made, const Json& value, const std::string& place) {
    made.multiple_of = number(value, place);
    if (value.get<double>() <= 0) fail(place, "must be greater than 0");
  }

  void read_format(SchemaNode& made, const Json& value, const std::string& place) {
    made.format = value.is_string() ? parse_schema_format(value.get<std::string>()) : std::nullopt;
    if (!made.format) {
      fail(place, fmt::format("the format {} is not checked here; known are date-time, date, time, email, hostname, "
                              "ipv4, ipv6, uri, uuid",
                              value.dump()));
    }
  }

  void read_pattern(SchemaNode& made, const Json& value, const std::string& place) {
    if (!value.is_string()) fail(place, "must be a string");
    made.pattern = regex(value.get<std::string>(), place);
  }

  void read_items(SchemaNode& made, const Json& value, const std::string& place) {
    if (value.is_array()) {
      made.tuple = list(value, place);
    } else {
      made.items = node(value, place);
    }
  }

  void read_properties(SchemaNode& made, const Json& value, const std::string& place) {
    expect_object(value, place);
    for (const auto& [key, schema] : value.items()) {
      made.properties.emplace_back(key, node(schema, place + "/" + escape(key)));
    }
  }

  void read_pattern_properties(SchemaNode& made, const Json& value, const std::string& place) {
    expect_object(value, place);
    for (const auto& [key, schema] : value.items()) {
      const std::string pointer = place + "/" + escape(key);
      made.pattern_properties.emplace_back(regex(key, pointer), node(schema, pointer));
    }
  }

  void read_dependencies(SchemaNode& made, const Json& value, const std::string& place) {
    expect_object(value, place);
    for (const auto& [key, dependency] : value.items()) {
      const std::string pointer = place + "/" + escape(key);
      if (dependency.is_array()) {
        made.dependent_required.emplace_back(key, names(dependency, pointer));
      } else {
        made.dependent_schemas.emplace_back(key, node(dependency, pointer));
      }
    }
  }

  // Readers that only store what a helper makes of the value.
  template <auto Member>
  void read_child(SchemaNode& made, const Json& value, const std::string& place) {
    made.*Member = node(value, place);
  }
  template <auto Member>
  void read_list(SchemaNode& made, const Json& value, const std::string& place) {
    made.*Member = list(value, place);
  }
  template <auto Member>
  void read_count(SchemaNode& made, const Json& value, const std::string& place) {
    made.*Member = count(value, place);
  }
  template <auto Member>
  void read_number(SchemaNode& made, const Json& value, const std::string& place) {
    made.*Member = number(value, place);
  }
  template <auto Member>
  void read_flag(SchemaNode& made, const Json& value, const std::string& place) {
    made.*Member = flag(value, place);
  }
  void read_const(SchemaNode& made, const Json& value, const std::string&) { made.const_value = value; }
  void read_required(SchemaNode& made, const Json& value, const std::string& place) {
    made.required = names(value, place);
  }

  const Json& document_;
  JsonSchema::Compiled& compiled_;
  std::map<std::string, const SchemaNode*> nodes_;
};

const std::map<std::string, Compiler::Reader, std::less<>>& Compiler::readers() {
  using N = SchemaNode;
  static const std::map<std::string, Reader, std::less<>> kReaders = {
      {"$ref", &Compiler::read_ref},
      {"definitions", &Compiler::read_definitions},
      {"$defs", &Compiler::read_definitions},
      {"type", &Compiler::read_type},
      {"enum", &Compiler::read_enum},
      {"const", &Compiler::read_const},
      {"writeOnly", &Compiler::read_flag<&N::is_write_only>},
      {"multipleOf", &Compiler::read_multiple_of},
      {"maximum", &Compiler::read_number<&N::maximum>},
      {"exclusiveMaximum", &Compiler::read_number<&N::exclusive_maximum>},
      {"minimum", &Compiler::read_number<&N::minimum>},
      {"exclusiveMinimum", &Compiler::read_number<&N::exclusive_minimum>},
      {"maxLength", &Compiler::read_count<&N::length_max>},
      {"minLength", &Compiler::read_count<&N::length_min>},
      {"pattern", &Compiler::read_pattern},
      {"format", &Compiler::read_format},
      {"items", &Compiler::read_items},
      {"additionalItems", &Compiler::read_child<&N::additional_items>},
      {"contains", &Compiler::read_child<&N::contains>},
      {"maxItems", &Compiler::read_count<&N::items_max>},
      {"minItems", &Compiler::read_count<&N::items_min>},
      {"uniqueItems", &Compiler::read_flag<&N::unique_items>},
      {"maxProperties", &Compiler::read_count<&N::properties_max>},
      {"minProperties", &Compiler::read_count<&N::properties_min>},
      {"required", &Compiler::read_required},
      {"properties", &Compiler::read_properties},
      {"patternProperties", &Compiler::read_pattern_properties},
      {"additionalProperties", &Compiler::read_child<&N::additional_properties>},
      {"propertyNames", &Compiler::read_child<&N::property_names>},
      {"dependencies", &Compiler::read_dependencies},
      {"allOf", &Compiler::read_list<&N::all_of>},
      {"anyOf", &Compiler::read_list<&N::any_of>},
      {"oneOf", &Compiler::read_list<&N::one_of>},
      {"not", &Compiler::read_child<&N::negated>},
      {"if", &Compiler::read_child<&N::condition>},
      {"then", &Compiler::read_child<&N::then>},
      {"else", &Compiler::read_child<&N::otherwise>},
  };
  return kReaders;
}

}  // namespace

JsonSchema::JsonSchema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

Result<JsonSchema> JsonSchema::compile(const Json& document) {
  auto compiled = std::make_shared<Compiled>();
  try {
    compiled->root = Compiler(document, *compiled).node(document, "");
  } catch (const SchemaError& error) {
    return failure("schema.invalid", error.message, error.pointer);
  }
  return JsonSchema(std::move(compiled));
}

}  // namespace skald::definition

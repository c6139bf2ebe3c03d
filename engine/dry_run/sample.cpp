#include "engine/dry_run/sample.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/dry_run/sample_text.hpp"

namespace skald::dry_run {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kItemsMax = 100;
// Below this depth only what is required is made: a schema may describe a tree by itself.
constexpr std::size_t kOptionalDepthMax = 4;
constexpr std::size_t kValuesMax = 10'000;

class Sampler {
 public:
  explicit Sampler(const Json& document) : document_(document) {}

  Json sample(const Json& schema, const Shape& shape, std::string_view name, std::size_t depth) const {
    const Json& own = resolve(schema);
    if (!own.is_object() || depth > kDepthMax || ++values_ > kValuesMax) return shape.sample(name);
    for (const char* key : {"const", "default"}) {
      if (const auto found = own.find(key); found != own.end()) return *found;
    }
    for (const char* key : {"examples", "enum"}) {
      if (const auto found = own.find(key); found != own.end() && !found->empty()) return found->front();
    }
    if (const auto merged = merge(own)) return sample(*merged, shape, name, depth + 1);
    const std::string type = type_of(own, shape);
    if (type == "object") return object(own, shape, depth);
    if (type == "array") return array(own, shape, name, depth);
    if (type == "string") return text(own, shape, name);
    if (type == "integer" || type == "number") return number(own, shape, type == "integer");
    if (type == "boolean") return true;
    if (type == "null") return nullptr;
    return shape.sample(name);
  }

 private:
  // Follows "#/..." references; others are refused when a definition is loaded.
  const Json& resolve(const Json& schema) const {
    const Json* at = &schema;
    for (std::size_t i = 0; i < kDepthMax && at->is_object() && at->contains("$ref"); ++i) {
      const Json& ref = at->at("$ref");
      const auto* const text = ref.get_ptr<const std::string*>();
      if (text == nullptr || (*text != "#" && !text->starts_with("#/"))) break;
      const Json::json_pointer pointer(text->substr(1));
      if (!document_.contains(pointer)) break;
      at = &document_.at(pointer);
    }
    return *at;
  }

  // All of `allOf` and the first of `anyOf` and `oneOf` laid over the schema; nullopt where it has none of them.
  std::optional<Json> merge(const Json& schema) const {
    Json merged = schema;
    bool has_parts = false;
    const auto lay = [&](const Json& part) {
      has_parts = true;
      if (!part.is_object()) return;
      for (const auto& [key, value] : part.items()) {
        if (key == "properties" && merged.contains(key) && value.is_object()) {
          merged[key].update(value);
        } else if (key == "required" && merged.contains(key)) {
          for (const auto& name : value) merged[key].push_back(name);
        } else {
          merged[key] = value;
        }
      }
    };
    for (const char* key : {"allOf", "anyOf", "oneOf"}) {
      const auto parts = schema.find(key);
      if (parts == schema.end() || !parts->is_array()) continue;
      merged.erase(key);
      for (std::size_t i = 0; i < parts->size() && (i == 0 || std::string_view(key) == "allOf"); ++i) {
        lay(resolve((*parts)[i]));
      }
    }
    return has_parts ? std::optional(std::move(merged)) : std::nullopt;
  }

  static std::string type_of(const Json& schema, const Shape& shape) {
    const auto type = schema.find("type");
    if (type != schema.end() && type->is_string()) return *type;
    if (type != schema.end() && type->is_array() && !type->empty() && type->front().is_string()) return type->front();
    const auto has_any = [&](std::initializer_list<const char*> keys) {
      return std::any_of(keys.begin(), keys.end(), [&](const char* key) { return schema.contains(key); });
    };
    if (has_any({"properties", "required"})) return "object";
    if (has_any({"items", "minItems", "contains"})) return "array";
    if (has_any({"pattern", "minLength", "maxLength", "format"})) return "string";
    if (has_any({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})) return "number";
    return shape.is_open() ? "" : "shape";
  }

  Json object(const Json& schema, const Shape& shape, std::size_t depth) const {
    static const Shape kOpen;
    static const Json kAny = true;
    Json value = Json::object();
    const auto properties = schema.find("properties");
    const auto add = [&](const std::string& name) {
      if (value.contains(name)) return;
      const bool is_described = properties != schema.end() && properties->contains(name);
      const Shape* known = shape.find_field(name);
      value[name] =
          sample(is_described ? properties->at(name) : kAny, known != nullptr ? *known : kOpen, name, depth + 1);
    };
    if (const auto required = schema.find("required"); required != schema.end()) {
      for (const auto& name : *required) add(name);
    }
    if (properties != schema.end() && depth < kOptionalDepthMax) {
      for (const auto& [name, ignored] : properties->items()) add(name);
    }
    const auto additional = schema.find("additionalProperties");
    if (additional != schema.end() && additional->is_boolean() && !additional->get<bool>()) return value;
    for (const auto& [name, ignored] : shape.fields()) add(name);
    return value;
  }

  Json array(const Json& schema, const Shape& shape, std::string_view name, std::size_t depth) const {
    static const Shape kOpen;
    static const Json kAny = true;
    const auto count = [&](const char* key, std::size_t otherwise) {
      const auto found = schema.find(key);
      return found != schema.end() && found->is_number_unsigned() ? found->get<std::size_t>() : otherwise;
    };
    const bool is_unique = schema.value("uniqueItems", false);
    const std::size_t usual = depth >= kOptionalDepthMax ? 0 : is_unique ? 1 : 2;
    const std::size_t wanted = std::min(std::max(usual, count("minItems", 0)), count("maxItems", kItemsMax));
    const auto items = schema.find("items");
    const Shape& element = shape.find_element() != nullptr ? *shape.find_element() : kOpen;
    Json value = Json::array();
    for (std::size_t i = 0; i < std::min(wanted, kItemsMax); ++i) {
      const bool is_tuple = items != schema.end() && items->is_array();
      const Json& of = items == schema.end() ? kAny : is_tuple ? (i < items->size() ? (*items)[i] : kAny) : *items;
      Json item = sample(of, element, name, depth + 1);
      if (is_unique && item.is_string()) item = item.get<std::string>() + std::to_string(i);
      if (is_unique && item.is_number_integer()) item = item.get<std::int64_t>() + static_cast<std::int64_t>(i);
      value.push_back(std::move(item));
    }
    return value;
  }

  static Json text(const Json& schema, const Shape& shape, std::string_view name) {
    if (const auto pattern = schema.find("pattern"); pattern != schema.end() && pattern->is_string()) {
      return text_for_pattern(pattern->get_ref<const std::string&>());
    }
    if (const auto format = schema.find("format"); format != schema.end() && format->is_string()) {
      return std::string(text_for_format(format->get_ref<const std::string&>()));
    }
    const Json hinted = shape.sample(name);
    std::string value = hinted.is_string() ? hinted.get<std::string>() : std::string(name) + "-1";
    const auto least = schema.value("minLength", std::size_t{0});
    const auto most = schema.value("maxLength", std::size_t{4096});
    if (value.size() < least) value.resize(std::min<std::size_t>(least, 4096), 'x');
    if (value.size() > most) value.resize(most);
    return value;
  }

  static Json number(const Json& schema, const Shape& shape, bool is_integer) {
    const Json hinted = shape.sample("");
    double value = hinted.is_number() ? hinted.get<double>() : 1;
    const double step = schema.contains("multipleOf") ? schema["multipleOf"].get<double>() : 1;
    const auto bound = [&](const char* key) { return schema.contains(key) && schema[key].is_number(); };
    if (bound("maximum")) value = std::min(value, schema["maximum"].get<double>());
    if (bound("exclusiveMaximum")) value = std::min(value, schema["exclusiveMaximum"].get<double>() - step);
    if (bound("minimum")) value = std::max(value, schema["minimum"].get<double>());
    if (bound("exclusiveMinimum") && value <= schema["exclusiveMinimum"].get<double>()) {
      value = schema["exclusiveMinimum"].get<double>() + step;
    }
    if (schema.contains("multipleOf") && step > 0) value = step * std::max(1.0, std::trunc(value / step));
    constexpr double kExactMax = 9007199254740992.0;
    if (std::abs(value) > kExactMax || (!is_integer && std::trunc(value) != value)) return value;
    return static_cast<std::int64_t>(value);
  }

  const Json& document_;
  mutable std::size_t values_ = 0;
};

}  // namespace

Json sample_of(const Json& schema, const Shape& shape, std::string_view name) {
  return Sampler(schema).sample(schema, shape, name, 0);
}

}  // namespace skald::dry_run

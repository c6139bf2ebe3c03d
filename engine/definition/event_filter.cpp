#include "engine/definition/event_filter.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/definition/digest.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {
namespace {

constexpr std::size_t kShapeDigits = 32;
// Keys stand in indexes.
constexpr std::size_t kKeyBytesMax = 256;
constexpr std::int64_t kPatternMemory = 1 << 20;
// A text with none of these is itself and no pattern; a dot stands in every type.
constexpr std::string_view kPatternSigns = "^$*+?()[]{}|\\";

Result<expression::Expression> compile_at(std::string_view source, const std::string& place) {
  auto compiled = expression::Expression::compile(source);
  if (!compiled) return failure("filter.invalid", compiled.error().message, place);
  return std::move(*compiled);
}

Result<std::unique_ptr<const RE2>> pattern_at(const std::string& text, const std::string& place) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto pattern = std::make_unique<const RE2>(text, options);
  if (!pattern->ok()) {
    return failure("filter.invalid",
                   fmt::format("'{}' is not a regular expression that RE2 accepts: {}", text, pattern->error()), place);
  }
  return pattern;
}

// 1.0 is 1.
void normalize(Json& value) {
  if (value.is_structured()) {
    for (auto& inner : value) normalize(inner);
  } else if (value.is_number_float()) {
    constexpr double kExactMax = 9007199254740992.0;
    const double number = value.get<double>();
    if (std::trunc(number) == number && std::abs(number) <= kExactMax) value = static_cast<std::int64_t>(number);
  }
}

Json normalized(Json value) {
  normalize(value);
  return value;
}

}  // namespace

struct EventFilter::Compiled {
  struct Attribute {
    std::string name;
    Json value;                                       // it must be this
    std::unique_ptr<const RE2> pattern;               // or match this, as a whole
    std::optional<expression::Expression> condition;  // or be what this says, or this be true

    bool matches(const Json& event) const;
  };

  std::string stored, shape, type;
  std::vector<Attribute> attributes;
  std::vector<std::string> names;            // of the correlations
  std::vector<expression::Expression> from;  // what each of them takes
};

EventFilter::EventFilter(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

const std::string& EventFilter::stored() const {
  return compiled_->stored;
}
const std::string& EventFilter::shape() const {
  return compiled_->shape;
}
const std::vector<std::string>& EventFilter::correlations() const {
  return compiled_->names;
}
const std::string& EventFilter::type() const {
  return compiled_->type;
}

Result<EventFilter> EventFilter::compile(const Json& with, const Json& from) {
  auto made = std::make_shared<Compiled>();
  made->stored = dump_json({{"with", with}, {"from", from}});
  made->shape = sha256_hex(made->stored).substr(0, kShapeDigits);
  for (const auto& [name, value] : with.items()) {
    Compiled::Attribute attribute{.name = name, .value = normalized(value), .pattern = {}, .condition = {}};
    const std::string place = "/with/" + name;
    std::string_view inner;
    if (value.is_string() && expression::is_wrapped_expression(value.get_ref<const std::string&>(), &inner)) {
      auto compiled = compile_at(inner, place);
      if (!compiled) return std::unexpected(std::move(compiled.error()));
      attribute.condition = std::move(*compiled);
    } else if (value.is_string() &&
               value.get_ref<const std::string&>().find_first_of(kPatternSigns) != std::string::npos) {
      auto pattern = pattern_at(value.get<std::string>(), place);
      if (!pattern) return std::unexpected(std::move(pattern.error()));
      attribute.pattern = std::move(*pattern);
    } else if (name == "type" && value.is_string()) {
      made->type = value.get<std::string>();
    }
    made->attributes.push_back(std::move(attribute));
  }
  for (const auto& [name, source] : from.items()) {
    auto compiled = compile_at(source.get<std::string>(), "/correlate/" + name + "/from");
    if (!compiled) return std::unexpected(std::move(compiled.error()));
    made->names.push_back(name);
    made->from.push_back(std::move(*compiled));
  }
  return EventFilter(std::move(made));
}

Result<EventFilter> EventFilter::parse(std::string_view stored) {
  const auto json = parse_json(stored);
  if (!json) return std::unexpected(json.error());
  if (!json->is_object() || !json->contains("with") || !json->contains("from")) {
    return failure("filter.invalid", "a stored filter must have 'with' and 'from'");
  }
  return compile(json->at("with"), json->at("from"));
}

bool EventFilter::matches(const Json& event) const {
  return std::ranges::all_of(compiled_->attributes, [&](const auto& attribute) { return attribute.matches(event); });
}

bool EventFilter::Compiled::Attribute::matches(const Json& event) const {
  const auto found = event.find(name);
  if (found == event.end()) return false;
  if (condition) {
    const auto said = condition->evaluate(*found, expression::EmptyEnvironment());
    if (!said) return false;
    return said->is_boolean() ? said->get<bool>() : normalized(*said) == normalized(*found);
  }
  if (normalized(*found) == value) return true;
  return pattern && found->is_string() && RE2::FullMatch(found->get_ref<const std::string&>(), *pattern);
}

std::optional<std::string> EventFilter::key_of(const Json& event) const {
  Json values = Json::array();
  for (const auto& from : compiled_->from) {
    auto value = from.evaluate(event, expression::EmptyEnvironment());
    if (!value || value->is_null()) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return make_key(std::move(values));
}

std::string EventFilter::make_key(Json values) {
  normalize(values);
  std::string key = dump_json(values);
  return key.size() <= kKeyBytesMax ? key : sha256_hex(key);
}

}  // namespace skald::definition

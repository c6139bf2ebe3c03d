// The fields of a stored event, by their names and kinds.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/duration.hpp"
#include "engine/base/json.hpp"
#include "engine/saga/event.hpp"

namespace skald::saga {

// Reads the fields of one stored event. The first field that does not fit is remembered; the values read after it are
// of no use then.
class EventReader {
 public:
  explicit EventReader(const Json& object) : object_(object) {}

  const std::string& bad_field() const { return bad_field_; }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (!value) return {};
    if (!value->is_string()) return bad<std::string>(name);
    return value->get<std::string>();
  }
  std::optional<std::string> optional_text(const char* name) {
    if (!find(name)) return std::nullopt;
    return text(name);
  }
  Payload payload(const char* name) {
    const Json* value = find(name);
    return value ? Payload::from_json(*value) : Payload();
  }
  std::optional<Payload> optional_payload(const char* name) {
    const Json* value = find(name);
    return value ? std::optional(Payload::from_json(*value)) : std::nullopt;
  }
  bool flag(const char* name) {
    const Json* value = find(name);
    if (!value) return false;
    if (!value->is_boolean()) return bad<bool>(name);
    return value->get<bool>();
  }
  std::uint32_t number(const char* name) {
    const Json* value = find(name);
    if (!value || !value->is_number_unsigned()) return bad<std::uint32_t>(name);
    return value->get<std::uint32_t>();
  }
  std::uint32_t optional_number(const char* name) { return find(name) ? number(name) : 0; }
  std::optional<Timestamp> optional_time(const char* name) {
    if (!find(name)) return std::nullopt;
    const auto at = parse_rfc3339(text(name));
    return at ? at : bad<std::optional<Timestamp>>(name);
  }
  Timestamp time(const char* name) {
    return optional_time(name).value_or(find(name) ? Timestamp{} : bad<Timestamp>(name));
  }
  std::optional<Millis> optional_duration(const char* name) {
    if (!find(name)) return std::nullopt;
    const auto length = parse_duration(text(name));
    return length ? length : bad<std::optional<Millis>>(name);
  }
  ExecutionId id(const char* name) {
    const auto id = parse_execution_id(text(name));
    return id ? *id : bad<ExecutionId>(name);
  }
  template <class Parse>
  auto word(const char* name, Parse parse) {
    const auto value = parse(text(name));
    using Word = typename decltype(value)::value_type;
    return value ? *value : bad<Word>(name);
  }
  const Json* find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() ? nullptr : &*it;
  }
  RequestPtr request();
  std::optional<RunTarget> run();
  RunBy by();
  std::optional<ExecutionId> optional_id(const char* name) {
    return find(name) ? std::optional(id(name)) : std::nullopt;
  }
  std::vector<Listen> listens();
  template <class T>
  T bad(const char* name) {
    if (bad_field_.empty()) bad_field_ = name;
    return T{};
  }

 private:
  const Json& object_;
  std::string bad_field_;
};

}  // namespace skald::saga

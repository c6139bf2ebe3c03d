// Appends one JSON object to a text, field by field; closes it when it goes out of scope. For texts that are built
// often enough that a document tree between would cost more than the rest.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace skald {

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  ~JsonObject() { out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  // Names are ours: nothing in them needs escaping. The caller appends the value to what comes back.
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }

  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  void text_or_null(std::string_view name, std::string_view value) {
    value.empty() ? raw(name, "null") : text(name, value);
  }
  void raw(std::string_view name, std::string_view json) { key(name) += json; }
  void payload(std::string_view name, const Payload& value) { raw(name, value.text()); }
  void flag(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }
  void number(std::string_view name, std::integral auto value) {
    fmt::format_to(std::back_inserter(key(name)), FMT_STRING("{}"), value);
  }
  // The zero time is none.
  void time(std::string_view name, Timestamp at) {
    at == Timestamp{} ? raw(name, "null") : quoted(name, format_rfc3339(at));
  }
  void id(std::string_view name, const ExecutionId& id) { quoted(name, to_string(id)); }

 private:
  void quoted(std::string_view name, const std::string& plain) {
    auto& out = key(name);
    out += '"';
    out += plain;
    out += '"';
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace skald

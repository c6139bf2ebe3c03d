#include "api/request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/cursor.hpp"

namespace skald::api {
namespace {

Error invalid(std::string message, std::string remedy = {}) {
  return {.code = "request.invalid",
          .message = std::move(message),
          .subject = {},
          .remedy = std::move(remedy),
          .detail = {}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

QueryReader::QueryReader(const Request& request) : request_(request), taken_(request.query.size()) {}

void QueryReader::fail(std::string_view name, std::string_view rule, std::string_view value) {
  if (!error_) error_ = invalid(fmt::format("query parameter '{}' must be {} (got '{}')", name, rule, value));
}

std::optional<std::string> QueryReader::text(std::string_view name) {
  known_.emplace_back(name);
  std::optional<std::string> found;
  for (std::size_t i = 0; i < request_.query.size(); ++i) {
    if (request_.query[i].name != name) continue;
    if (found) fail(name, "given once", request_.query[i].value);
    taken_[i] = true;
    found = request_.query[i].value;
  }
  return found;
}

std::optional<Timestamp> QueryReader::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_rfc3339(*value);
  if (!parsed) fail(name, "an RFC 3339 time such as 2026-01-31T12:00:00Z", *value);
  return parsed;
}

std::optional<ExecutionId> QueryReader::id(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_execution_id(*value);
  if (!parsed) fail(name, "an execution id", *value);
  return parsed;
}

std::optional<std::uint64_t> QueryReader::number(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size()) {
    fail(name, "a whole number", *value);
    return std::nullopt;
  }
  return number;
}

bool QueryReader::flag(std::string_view name) {
  const auto value = text(name);
  if (!value) return false;
  if (!value->empty() && *value != "true" && *value != "false") fail(name, "true or false", *value);
  return *value != "false";
}

std::size_t QueryReader::limit() {
  const auto value = number("limit");
  if (!value) return kPageDefault;
  if (*value < 1 || *value > kPageMax) {
    fail("limit", fmt::format("between 1 and {}", kPageMax), fmt::to_string(*value));
    return kPageDefault;
  }
  return static_cast<std::size_t>(*value);
}

std::map<std::string, std::string> QueryReader::prefixed(std::string_view prefix) {
  known_.push_back(std::string(prefix) + "<key>");
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < request_.query.size(); ++i) {
    const auto& [name, value] = request_.query[i];
    if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
    taken_[i] = true;
    found.insert_or_assign(name.substr(prefix.size()), value);
  }
  return found;
}

std::optional<std::string> QueryReader::cursor(std::string_view list) {
  const auto value = text("cursor");
  if (!value) return std::nullopt;
  auto key = read_cursor(list, *value);
  if (!key && !error_) {
    error_ = Error{.code = "request.cursor",
                   .message = "query parameter 'cursor' is not a cursor of this list",
                   .subject = {},
                   .remedy = "take nextCursor of the page before as it is",
                   .detail = {}};
  }
  return key;
}

std::optional<Error> QueryReader::finish() {
  for (std::size_t i = 0; i < taken_.size() && !error_; ++i) {
    if (taken_[i]) continue;
    error_ = invalid(fmt::format("query parameter '{}' is not known here", request_.query[i].name),
                     known_.empty() ? "the address takes none" : "it takes " + joined(known_));
  }
  return error_;
}

BodyReader::BodyReader(const Request& request) : body_(Json::object()) {
  if (auto type = check_json_type(request); !type) {
    error_ = type.error();
    return;
  }
  if (request.body.empty()) return;
  auto parsed = parse_json(request.body);
  if (!parsed) {
    error_ = parsed.error();
    error_->subject = "body";
  } else if (!parsed->is_object()) {
    error_ = invalid("the body must be a JSON object");
  } else {
    body_ = std::move(*parsed);
  }
}

const Json* BodyReader::take(const std::string& key) {
  known_.push_back(key);
  const auto it = body_.find(key);
  return it == body_.end() ? nullptr : &*it;
}

std::optional<std::string> BodyReader::text(const std::string& key, std::size_t bytes_max) {
  const Json* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    entries_.push_back({"/" + key, "must be a string"});
    return std::nullopt;
  }
  auto text = value->get<std::string>();
  if (text.size() > bytes_max) {
    entries_.push_back({"/" + key, fmt::format("must have at most {} bytes (got {})", bytes_max, text.size())});
    return std::nullopt;
  }
  return text;
}

std::optional<Payload> BodyReader::payload(const std::string& key) {
  const Json* value = take(key);
  if (value == nullptr) return std::nullopt;
  return Payload::from_trusted_text(dump_json(*value));
}

bool BodyReader::flag(const std::string& key) {
  const Json* value = take(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) entries_.push_back({"/" + key, "must be true or false"});
  return value->is_boolean() && value->get<bool>();
}

void BodyReader::require(const std::string& key) {
  if (error_) return;
  const auto it = body_.find(key);
  if (it == body_.end() || (it->is_string() && it->get_ref<const std::string&>().empty())) {
    entries_.push_back({"/" + key, "is required"});
  }
}

std::optional<Error> BodyReader::finish() {
  if (error_) return error_;
  for (const auto& item : body_.items()) {
    if (std::ranges::find(known_, item.key()) != known_.end()) continue;
    entries_.push_back({"/" + item.key(), "is not known here; known are " + joined(known_)});
  }
  if (entries_.empty()) return std::nullopt;
  return invalid(entries_.size() == 1 ? "the body has an error"
                                      : fmt::format("the body has {} errors", entries_.size()));
}

}  // namespace skald::api

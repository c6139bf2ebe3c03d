// The headers that requests carry besides those of HTTP itself.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/http/target.hpp"
#include "api/request_reader.hpp"
#include "engine/base/ignore_case.hpp"
#include "engine/runtime/engine_keys.hpp"

namespace skald::api {
namespace {

constexpr std::size_t kActorBytesMax = 128;
constexpr std::size_t kKeyBytesMax = 255;
constexpr std::size_t kLabelsMax = 16;
constexpr std::size_t kLabelKeyBytesMax = 63;
constexpr std::size_t kLabelValueBytesMax = 256;
constexpr unsigned kWaitSecondsMax = 60;
constexpr std::string_view kLabelPrefix = "skald-label-";

std::unexpected<Error> bad_header(std::string_view name, std::string_view rule) {
  return failure("request.invalid", fmt::format("header '{}' must {}", name, rule));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

// A structured-field string (RFC 8941, section 3.3.3): quotes around, '\' before '"' and '\'.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.back() != '"') return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\' && (++i + 1 == text.size() || (text[i] != '"' && text[i] != '\\'))) return std::nullopt;
    value += text[i];
  }
  return value;
}

void read_one_preference(std::string_view item, Preference& preference) {
  item = trimmed(item.substr(0, item.find(';')));
  if (equals_ignoring_case(item, "respond-async")) preference.respond_async = true;
  const auto equals = item.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(trimmed(item.substr(0, equals)), "wait")) return;
  auto value = trimmed(item.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size() && seconds > 0) {
    preference.wait_seconds = std::min(seconds, kWaitSecondsMax);
  }
}

}  // namespace

Result<std::string> read_actor(const Request& request) {
  const auto value = request.header("Skald-Actor");
  if (!value || value->empty()) return "api";
  if (value->size() > kActorBytesMax || !is_utf8(*value)) {
    return bad_header("Skald-Actor", fmt::format("be UTF-8 of at most {} bytes", kActorBytesMax));
  }
  return std::string(*value);
}

Result<std::map<std::string, std::string>> read_labels(const Request& request) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : request.headers) {
    if (name.size() < kLabelPrefix.size()) continue;
    if (!equals_ignoring_case(std::string_view(name).substr(0, kLabelPrefix.size()), kLabelPrefix)) continue;
    std::string key = name.substr(kLabelPrefix.size());
    std::ranges::transform(key, key.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (key.empty() || key.size() > kLabelKeyBytesMax) {
      return bad_header(name, fmt::format("have a key of 1 to {} characters", kLabelKeyBytesMax));
    }
    if (value.size() > kLabelValueBytesMax || !is_utf8(value)) {
      return bad_header(name, fmt::format("be UTF-8 of at most {} bytes", kLabelValueBytesMax));
    }
    if (!labels.emplace(std::move(key), value).second) return bad_header(name, "be given once");
    if (labels.size() > kLabelsMax) {
      return failure("request.invalid", fmt::format("an execution has at most {} labels", kLabelsMax));
    }
  }
  return labels;
}

Result<std::optional<std::string>> read_idempotency_key(const Request& request) {
  const auto header = request.header("Idempotency-Key");
  if (!header) return std::nullopt;
  std::string key(*header);
  if (header->starts_with('"')) {
    auto text = unquoted(*header);
    if (!text) return bad_header("Idempotency-Key", "be one quoted string, or bare text");
    key = std::move(*text);
  }
  if (key.empty() || key.size() > kKeyBytesMax || !is_visible_ascii(key)) {
    return bad_header("Idempotency-Key", fmt::format("have 1 to {} printable ASCII characters", kKeyBytesMax));
  }
  if (runtime::is_engine_key(key)) {
    return bad_header("Idempotency-Key", fmt::format("not begin with '{}' or '{}', as the engine's own keys do",
                                                     runtime::kScheduleKey, runtime::kReplayKey));
  }
  return key;
}

Result<void> check_json_type(const Request& request) {
  const auto header = request.header("Content-Type");
  if (!header) return {};
  const auto type = trimmed(header->substr(0, header->find(';')));
  const bool is_suffixed = type.size() > 5 && equals_ignoring_case(type.substr(type.size() - 5), "+json");
  if (equals_ignoring_case(type, "application/json") || is_suffixed) return {};
  return failure("http.media_type", fmt::format("the body must be JSON (got '{}')", type), {},
                 "send it with Content-Type: application/json");
}

bool accepts(const Request& request, std::string_view type) {
  const auto header = request.header("Accept");
  if (!header) return false;
  const auto first = header->substr(0, header->find(','));
  return equals_ignoring_case(trimmed(first.substr(0, first.find(';'))), type);
}

Preference read_preference(const Request& request) {
  Preference preference;
  for (const auto& [name, value] : request.headers) {
    if (!equals_ignoring_case(name, "Prefer")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto comma = rest.find(',');
      read_one_preference(rest.substr(0, comma), preference);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return preference;
}

}  // namespace skald::api

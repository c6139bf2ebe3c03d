#include "engine/base/ids.hpp"

#include "engine/base/limits.hpp"

namespace skald {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_dash_position(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ExecutionId make_execution_id(Timestamp at, std::uint64_t high, std::uint64_t low) {
  ExecutionId id;
  const auto millis = static_cast<std::uint64_t>(at.time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (high >> 8 & 0x0F));
  id.bytes[7] = static_cast<std::uint8_t>(high);
  for (std::size_t i = 0; i < 8; ++i) id.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

std::string to_string(const ExecutionId& id) {
  std::string text(36, '-');
  std::size_t at = 0;
  for (const auto byte : id.bytes) {
    if (is_dash_position(at)) ++at;
    text[at++] = kHexDigits[byte >> 4];
    text[at++] = kHexDigits[byte & 0x0F];
  }
  return text;
}

std::optional<ExecutionId> parse_execution_id(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  ExecutionId id;
  std::size_t byte = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (is_dash_position(i)) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[byte++] = static_cast<std::uint8_t>(high << 4 | low);
    i += 2;
  }
  return id;
}

std::uint32_t shard_of(const ExecutionId& id) {
  return static_cast<std::uint32_t>(std::hash<ExecutionId>{}(id) % limits::kShardCount);
}

// FNV-1a of "namespace/name".
std::uint32_t shard_of_workflow(std::string_view namespace_name, std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325ull;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  };
  add(namespace_name);
  add("/");
  add(name);
  return static_cast<std::uint32_t>(hash % limits::kShardCount);
}

}  // namespace skald

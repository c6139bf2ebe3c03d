// Identifiers. ExecutionId is a UUIDv7 (RFC 9562, section 5.7): ordered by time of creation, so that the history's
// primary key grows at its end and lists page by id.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace skald {

struct ExecutionId {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const ExecutionId&) const = default;
};

// Builds a UUIDv7 from a time and 74 random bits (the low bits of `high` and `low`; version and variant are set here).
ExecutionId make_execution_id(Timestamp at, std::uint64_t high, std::uint64_t low);

// "0192f0c1-2b3c-7def-8abc-0123456789ab", lower case.
std::string to_string(const ExecutionId& id);

// Accepts the 36-character form in either case; nullopt for anything else.
std::optional<ExecutionId> parse_execution_id(std::string_view text);

// The fixed share of all executions that this one belongs to: 0 to limits::kShardCount - 1. Stored with it, so the
// function is forever.
std::uint32_t shard_of(const ExecutionId& id);

// The share that the schedule of a workflow belongs to. Stored with it too.
std::uint32_t shard_of_workflow(std::string_view namespace_name, std::string_view name);

}  // namespace skald

template <>
struct std::hash<skald::ExecutionId> {
  std::size_t operator()(const skald::ExecutionId& id) const noexcept {
    std::uint64_t tail = 0;
    for (std::size_t i = 8; i < 16; ++i) tail = tail << 8 | id.bytes[i];
    return static_cast<std::size_t>(tail * 0x9E3779B97F4A7C15ull);
  }
};

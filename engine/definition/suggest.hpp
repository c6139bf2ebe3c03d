// "Did you mean": the nearest valid spelling, by edit distance and by what neighbouring systems call the same thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skald::definition {

// Where a key stands; a foreign word means different things in different places.
enum class MapKind : std::uint8_t {
  kWorkflow,
  kUse,
  kSaga,
  kStep,
  kRetry,
  kTimeout,
  kBackoff,
  kHttp,
  kOpenapi,
  kSchema,
  kOther
};

// Our spelling of a foreign key: "limit.attempt.count" for "maximumAttempts" in a retry. Case, '-' and '_' are ignored.
std::optional<std::string_view> neighbour_spelling(MapKind kind, std::string_view word);

// The candidate nearest to `word`, if it is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace skald::definition

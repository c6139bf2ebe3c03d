// Semantic versions (semver.org, 2.0.0): parsed and ordered. Build metadata does not take part in the order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skald::definition {

struct SemanticVersion {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::vector<std::string> prerelease;  // identifiers; empty for a release

  bool is_release() const { return prerelease.empty(); }
};

std::optional<SemanticVersion> parse_semantic_version(std::string_view text);

// "1.0" and "v1" as they would have to be written: "1.0.0"; nullopt for what is no beginning of a version.
std::optional<std::string> complete_version(std::string_view text);

// Precedence (section 11).
std::weak_ordering compare(const SemanticVersion& a, const SemanticVersion& b);

}  // namespace skald::definition

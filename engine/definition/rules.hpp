// Every rule that a diagnostic can name. An id is for ever: documents silence warnings by it, and pages link to it
// (docs/diagnostics.md has a section each).
#pragma once

#include <span>
#include <string_view>

#include "engine/definition/load.hpp"

namespace skald::definition {

struct Rule {
  std::string_view id;
  Severity severity = Severity::kError;
};

// Errors first, each kind by the order of docs/diagnostics.md.
std::span<const Rule> rules();

// Null for what is no rule.
const Rule* find_rule(std::string_view id);

}  // namespace skald::definition

// What `$steps.<name>` means at a place of a definition: the nearest enclosing scope's step of that name, else the only
// one of the document. The steps of a compensation are seen from inside that compensation alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/definition.hpp"

namespace skald::definition {

struct ResolvedName {
  const Step* step = nullptr;
  bool is_ambiguous = false;
};

// `from` is the path of the step where the expression stands, empty for the workflow's own.
ResolvedName resolve_step_name(const Definition& definition, std::string_view from, std::string_view name);

// The path of what encloses a step: "order.charge" -> "order", "order" -> "", "a.b/compensate" -> "a.b",
// "a.b/compensate.c" -> "a.b/compensate".
std::string_view enclosing_path(std::string_view path);

// Whether a path is within a compensation.
bool is_undo_path(std::string_view path);

}  // namespace skald::definition

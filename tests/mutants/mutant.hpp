// The switch before a bug of the catalogue, in sources that write_sources.py made.
#pragma once

#include <string_view>

namespace skald::mutants {

// By SKALD_MUTANT of the environment: one bug, or none.
bool is_on(std::string_view name);

}  // namespace skald::mutants

#define SKALD_MUTANT(name)                                 \
  ([]() -> bool {                                          \
    static const bool is_on = skald::mutants::is_on(name); \
    return is_on;                                          \
  }())

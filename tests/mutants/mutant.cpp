#include "tests/mutants/mutant.hpp"

#include <cstdlib>

namespace skald::mutants {

bool is_on(std::string_view name) {
  const char* chosen = std::getenv("SKALD_MUTANT");
  return chosen && name == chosen;
}

}  // namespace skald::mutants

// Invariants: conditions that only a defect of ours can break. Checked in release too; input is never asserted.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace skald {

[[noreturn]] inline void invariant_broken(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, condition);
  std::abort();
}

}  // namespace skald

#define SKALD_INVARIANT(condition)                                               \
  do {                                                                           \
    if (!(condition)) ::skald::invariant_broken(#condition, __FILE__, __LINE__); \
  } while (false)

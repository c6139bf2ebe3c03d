// Tries a workflow: the run in which nothing goes wrong, each trouble at each place, each pair, then a choice of
// threes.
//
// Pure and bounded: the same subject and options give the same report. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/dry_run/report.hpp"
#include "engine/dry_run/subject.hpp"

namespace skald::dry_run {

struct Options {
  std::uint64_t seed = 1;                // chooses where there are too many
  std::size_t runs_max = 2000;           // at least 1
  std::uint64_t work_max = 200'000'000;  // of all runs (Run::work)
  std::vector<std::string> may_stand;    // static paths of steps whose effect nobody needs to undo
};

Report explore(const Subject& subject, const Options& options);

}  // namespace skald::dry_run

// The endings of a report by call and by what happened to it.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "engine/dry_run/report.hpp"

namespace skald::dry_run {

inline constexpr std::size_t kColumns = 7;
// "refused", ..., "crash", "cancelled", "timed out", in the order of Column.
std::string_view to_string(Column column);

struct Cell {
  std::map<Ending, std::size_t> endings;  // of all schedules whose last trouble is this one
  std::vector<Ending> first;              // of those with the fewest troubles; without repetition
  std::size_t troubles = 0;               // so many
  bool first_has_errors = false;          // one of those
  bool has_errors = false;                // any
};

struct Row {
  std::string call;  // static path
  std::array<Cell, kColumns> cells;
};

// A row a call, in the order of the report.
std::vector<Row> summarize(const Report& report);

}  // namespace skald::dry_run

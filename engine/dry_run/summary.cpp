#include "engine/dry_run/summary.hpp"

#include <algorithm>

namespace skald::dry_run {

std::string_view to_string(Column column) {
  switch (column) {
    case Column::kRefused:
      return "refused";
    case Column::kUnknown:
      return "unknown";
    case Column::kLost:
      return "lost";
    case Column::kSlow:
      return "slow";
    case Column::kCrash:
      return "crash";
    case Column::kCancelled:
      return "cancelled";
    case Column::kTimedOut:
      return "timed out";
  }
  return "";
}

std::vector<Row> summarize(const Report& report) {
  std::vector<Row> rows;
  for (const auto& call : report.calls) rows.push_back({.call = call, .cells = {}});
  for (const auto& tried : report.tried) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.call == tried.candidate.step; });
    if (row == rows.end()) continue;
    Cell& cell = row->cells.at(static_cast<std::size_t>(tried.candidate.column));
    ++cell.endings[tried.ending];
    cell.has_errors = cell.has_errors || tried.has_errors;
    const std::size_t troubles = tried.candidate.schedule.size();
    if (cell.troubles == 0 || troubles < cell.troubles) {
      cell.troubles = troubles;
      cell.first.clear();
      cell.first_has_errors = false;
    }
    if (troubles != cell.troubles) continue;
    cell.first_has_errors = cell.first_has_errors || tried.has_errors;
    const bool is_known = std::find(cell.first.begin(), cell.first.end(), tried.ending) != cell.first.end();
    if (!is_known) cell.first.push_back(tried.ending);
  }
  return rows;
}

}  // namespace skald::dry_run

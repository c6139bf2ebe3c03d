// A report, or one run, for programs: docs/simulate.md describes the fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/dry_run/report.hpp"

namespace skald::dry_run {

// `command` as in report_text.hpp.
Json to_json(const Report& report, std::string_view command);
Json to_json(std::string_view workflow, const std::vector<std::string>& assumptions, const Run& run,
             const std::vector<Finding>& findings);

}  // namespace skald::dry_run

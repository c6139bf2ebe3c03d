// A report, or one run, for programs: docs/simulate.md describes the fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/dry_run/report_text.hpp"

namespace skald::dry_run {

Json to_json(const Report& report, const Origin& origin);
Json to_json(const Subject& subject, const Run& run, const std::vector<Finding>& findings);

}  // namespace skald::dry_run

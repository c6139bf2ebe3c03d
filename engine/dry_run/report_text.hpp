// A report, or one run, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/dry_run/report.hpp"

namespace skald::dry_run {

// `command` is what repeats a schedule when its flags are put behind it: "skald simulate checkout.yaml".
// `coverage`: how often each call met each trouble, with all the endings, in place of the summary.
std::string to_text(const Report& report, std::string_view command, bool coverage);

// One schedule in full: every call in order, the ending, what stands, what is wrong.
std::string to_text(std::string_view workflow, const std::vector<std::string>& assumptions, const Run& run,
                    const std::vector<Finding>& findings);

// The calls and undos of a run, a line each.
std::string order_of(const Run& run, std::string_view indent);

// Troubles of the run's schedule whose call was never made, in sentences.
std::vector<std::string> missed_troubles(const Run& run);

}  // namespace skald::dry_run

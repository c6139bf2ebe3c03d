// A report, or one run, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/dry_run/report.hpp"
#include "engine/dry_run/subject.hpp"

namespace skald::dry_run {

// Where a report comes from.
struct Origin {
  std::string file;     // of the definition: "checkout.yaml"
  std::string command;  // what repeats a schedule when its flags are put behind it: "skald simulate checkout.yaml"
};

// `coverage`: how often each call met each trouble, with all the endings, in place of the summary.
std::string to_text(const Report& report, const Origin& origin, bool coverage);

// One schedule in full: every call in order, the ending, what stands, what is wrong.
std::string to_text(const Subject& subject, const Run& run, const std::vector<Finding>& findings, const Origin& origin);

// The calls and undos of a run, a line each. Of more than `lines_max` those in the middle are left out.
std::string order_of(const Run& run, std::string_view indent, std::size_t lines_max);

// Troubles of the run's schedule whose call was never made, in sentences.
std::vector<std::string> missed_troubles(const Run& run);

}  // namespace skald::dry_run

// One field of a cron expression as the set of its values: "*", "5", "8-18", "*/15", "8-18/2", "5/15", and lists of
// those; months and days of the week by their English names too, in either case. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/error.hpp"

namespace skald::definition {

// What a field may have. `names` begin with the name of `min`.
struct CronFieldKind {
  std::string_view what;
  unsigned min = 0;
  unsigned max = 0;
  std::span<const std::string_view> names = {};
};

struct CronField {
  std::uint64_t values = 0;  // bit n: n is one of them
  bool begins_with_star = false;

  bool has(unsigned value) const { return (values >> value & 1) != 0; }
};

// Errors: "cron.invalid", a message that says what must stand there.
Result<CronField> parse_cron_field(std::string_view text, const CronFieldKind& kind);

}  // namespace skald::definition

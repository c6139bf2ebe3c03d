#include "engine/definition/read_schedule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "engine/base/duration.hpp"
#include "engine/definition/digest.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_event_consumption.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/told_at_load.hpp"

namespace skald::definition {
namespace {

// An engine that starts executions all the time does nothing else.
constexpr Millis kPauseMin{1'000};
constexpr std::size_t kRuleDigits = 32;

std::optional<Millis> read_pause(LoadContext& context, const Node& node, std::string_view kind, Schedule& schedule) {
  const auto pause = read_duration_at_load(context, node);
  if (pause) schedule.rule = fmt::format("{}: {}", kind, format_duration(*pause));
  if (!pause || *pause >= kPauseMin) return pause;
  context.report.error(
      "out-of-range", node,
      fmt::format("must be at least {} (got {})", format_duration(kPauseMin), format_duration(*pause)));
  return std::nullopt;
}

std::optional<Schedule::Cron> read_cron(LoadContext& context, const Node& node, Schedule& schedule) {
  const auto text = read_text(context, node);
  if (!text) return std::nullopt;
  auto expression = CronExpression::parse(*text);
  if (!expression) {
    context.report.error("bad-cron", node, expression.error().message);
    return std::nullopt;
  }
  schedule.rule = "cron: " + *text;
  return Schedule::Cron{.expression = *expression, .zone = std::nullopt};
}

// What is collected is found by the values that its events have in common.
void check_correlations(LoadContext& context, const Node& node, const Schedule::On& on) {
  if (!on.collects() || on.patterns.empty()) return;
  const auto& names = on.patterns.front().filter.correlations();
  const auto differs = [&](const EventPattern& pattern) { return pattern.filter.correlations() != names; };
  const auto other = std::ranges::find_if(on.patterns, differs);
  if (other == on.patterns.end()) return;
  const auto show = [](const std::vector<std::string>& list) {
    return list.empty() ? std::string("nothing") : fmt::format("{}", fmt::join(list, ", "));
  };
  context.report.error("mixed-correlations", node,
                       fmt::format("must correlate all of its events by the same names (got {} and {})", show(names),
                                   show(other->filter.correlations())));
}

std::string shape_of(const Schedule::On& on) {
  Json rule = {static_cast<int>(on.strategy), on.wanted, on.until ? on.until->source() : "",
               static_cast<int>(on.until_strategy)};
  for (const auto& pattern : on.patterns) rule.push_back(pattern.filter.stored());
  return sha256_hex(dump_json(rule)).substr(0, kRuleDigits);
}

std::optional<Schedule::On> read_on(LoadContext& context, const Node& node, Schedule& schedule) {
  Schedule::On on;
  read_event_consumption(context, node, {}, EventUse::kStart, on);
  check_correlations(context, node, on);
  on.shape = shape_of(on);
  constexpr std::array<std::string_view, 3> kWords = {"one", "any", "all"};
  schedule.rule = fmt::format("on: {}", kWords.at(static_cast<std::size_t>(on.strategy)));
  if (on.until || on.has_events_in_until()) schedule.rule += " until";
  return on;
}

// What the document says, whether it is right or not: what may stand beside it depends on no more.
struct Kinds {
  const Node* every = nullptr;
  const Node* after = nullptr;
  const Node* cron = nullptr;
  const Node* on = nullptr;

  std::vector<std::string_view> names() const {
    std::vector<std::string_view> names;
    if (every != nullptr) names.emplace_back("every");
    if (after != nullptr) names.emplace_back("after");
    if (cron != nullptr) names.emplace_back("cron");
    if (on != nullptr) names.emplace_back("on");
    return names;
  }
  bool is_none() const { return names().empty(); }
  // Whether times come one after another, whatever becomes of the executions.
  bool has_times() const { return every != nullptr || cron != nullptr; }
};

Kinds read_kinds(LoadContext& context, const Node& node) {
  MapReader map(context, node);
  const Kinds kinds{map.take("every"), map.take("after"), map.take("cron"), map.take("on")};
  map.finish();
  const auto names = kinds.names();
  if (node.is_map() && names.empty()) {
    context.report.error("missing-key", node, "must have one of the keys every, after, cron, on");
  } else if (names.size() > 1) {
    context.report.error(
        "two-kinds", node,
        fmt::format("has {}; it must have exactly one of the keys every, after, cron, on", fmt::join(names, " and ")));
  }
  return kinds;
}

// True: the schedule has a kind, and one only.
bool read_kind(LoadContext& context, const Kinds& kinds, Schedule& schedule) {
  bool good = kinds.names().size() == 1;
  const auto put = [&](auto kind) {
    good = good && kind.has_value();
    if (kind) schedule.kind = std::move(*kind);
  };
  if (kinds.every != nullptr) {
    const auto pause = read_pause(context, *kinds.every, "every", schedule);
    put(pause.transform([](Millis interval) { return Schedule::Every{interval}; }));
  }
  if (kinds.after != nullptr) {
    const auto pause = read_pause(context, *kinds.after, "after", schedule);
    put(pause.transform([](Millis delay) { return Schedule::After{delay}; }));
  }
  if (kinds.cron != nullptr) put(read_cron(context, *kinds.cron, schedule));
  if (kinds.on != nullptr) put(read_on(context, *kinds.on, schedule));
  return good;
}

void read_zone(LoadContext& context, const Node* node, const Kinds& kinds, Schedule& schedule) {
  auto* cron = std::get_if<Schedule::Cron>(&schedule.kind);
  schedule.time_zone = cron ? "UTC" : "";
  if (node != nullptr) {
    const auto name = read_text(context, *node);
    if (kinds.cron == nullptr && !kinds.is_none()) {
      context.report.error("misplaced-key", *node,
                           "stands beside schedule.cron only: the others do not look at a clock");
    }
    schedule.time_zone = name.value_or("UTC");
  }
  if (kinds.cron == nullptr) return;
  auto zone = TimeZone::find(schedule.time_zone);
  const bool is_known = zone.has_value();
  if (cron != nullptr) cron->zone = std::move(zone);
  // What another machine accepted still has executions.
  if (is_known || context.options.is_stored || node == nullptr || !node->is_string()) return;
  context.report.error("unknown-time-zone", *node,
                       fmt::format("must be a name of the tz database of this machine, such as Europe/Berlin or UTC "
                                   "(got {})",
                                   show(*node)));
}

std::optional<bool> read_word(LoadContext& context, const Node* node, std::initializer_list<std::string_view> words,
                              const Kinds& kinds) {
  if (node == nullptr) return std::nullopt;
  const auto choice = read_choice(context, *node, words);
  if (!kinds.has_times() && !kinds.is_none()) {
    context.report.error("misplaced-key", *node, "stands beside schedule.every and schedule.cron only");
  }
  if (!choice) return std::nullopt;
  return *choice == 1;
}

void read_extension(LoadContext& context, const Node& node, const Kinds& kinds, Schedule& schedule) {
  MapReader map(context, node);
  read_zone(context, map.take("timeZone"), kinds, schedule);
  schedule.skips_overlap = read_word(context, map.take("overlap"), {"allow", "skip"}, kinds).value_or(false);
  schedule.makes_up = !read_word(context, map.take("missed"), {"run", "skip"}, kinds).value_or(false);
  map.finish();
}

}  // namespace

std::optional<Schedule> read_schedule(LoadContext& context, const Node* schedule, const Node* extension) {
  if (schedule == nullptr) {
    if (extension != nullptr) {
      context.report.error("misplaced-key", *extension,
                           "says more about 'schedule', which this workflow does not have");
    }
    return std::nullopt;
  }
  Schedule read;
  const Kinds kinds = read_kinds(context, *schedule);
  const bool good = read_kind(context, kinds, read);
  if (extension != nullptr) {
    read_extension(context, *extension, kinds, read);
  } else {
    read_zone(context, nullptr, kinds, read);
  }
  return good ? std::optional(std::move(read)) : std::nullopt;
}

}  // namespace skald::definition

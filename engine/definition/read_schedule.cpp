#include "engine/definition/read_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/duration.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_event_pattern.hpp"
#include "engine/definition/read_values.hpp"

namespace skald::definition {
namespace {

// An engine that starts executions all the time does nothing else.
constexpr Millis kPauseMin{1'000};

std::optional<Millis> read_pause(LoadContext& context, const Node& node) {
  const auto pause = read_duration(context, node);
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

std::optional<Schedule::On> read_on(LoadContext& context, const Node& node, Schedule& schedule) {
  MapReader map(context, node);
  const Node* one = map.take("one");
  const Node* any = map.take("any");
  const Node* all = map.take("all");
  if (node.is_map() && (one != nullptr) + (any != nullptr) + (all != nullptr) != 1) {
    context.report.error("missing-key", node, "must have one of the keys one, any");
  }
  if (all != nullptr) {
    context.report.error("not-yet", *all,
                         "would have to collect events before there is an execution, which this version does not do; "
                         "start with one of them and 'listen' for the others");
  }
  if (const Node* until = map.take("until")) {
    context.report.error("not-yet", *until,
                         "would have to collect events before there is an execution, which this version does not do; "
                         "start with the first and 'listen' for the others");
  }
  map.finish();
  std::vector<EventPattern> patterns;
  if (one != nullptr) {
    if (auto pattern = read_event_pattern(context, *one, {}, EventUse::kStart)) patterns.push_back(std::move(*pattern));
  } else if (any != nullptr) {
    patterns = read_event_patterns(context, *any, {}, EventUse::kStart);
  }
  schedule.rule = one != nullptr ? "on: one" : "on: any";
  Schedule::On on;
  for (auto& pattern : patterns) on.filters.push_back(std::move(pattern.filter));
  return on;
}

// True: the schedule has a kind.
bool read_kind(LoadContext& context, const Node& node, Schedule& schedule) {
  MapReader map(context, node);
  const std::array<const Node*, 4> kinds = {map.take("every"), map.take("after"), map.take("cron"), map.take("on")};
  map.finish();
  if (!node.is_map()) return false;
  if (std::ranges::count_if(kinds, [](const Node* kind) { return kind != nullptr; }) != 1) {
    context.report.error("missing-key", node, "must have exactly one of the keys every, after, cron, on");
    return false;
  }
  const auto put = [&](auto kind) {
    if (kind) schedule.kind = std::move(*kind);
    return kind.has_value();
  };
  if (kinds[2] != nullptr) return put(read_cron(context, *kinds[2], schedule));
  if (kinds[3] != nullptr) return put(read_on(context, *kinds[3], schedule));
  const bool repeats = kinds[0] != nullptr;
  const auto pause = read_pause(context, repeats ? *kinds[0] : *kinds[1]);
  if (!pause) return false;
  schedule.rule = fmt::format("{}: {}", repeats ? "every" : "after", format_duration(*pause));
  if (repeats) schedule.kind = Schedule::Every{*pause};
  if (!repeats) schedule.kind = Schedule::After{*pause};
  return true;
}

void read_zone(LoadContext& context, const Node* node, Schedule& schedule) {
  auto* cron = std::get_if<Schedule::Cron>(&schedule.kind);
  schedule.time_zone = cron ? "UTC" : "";
  if (node != nullptr) {
    const auto name = read_text(context, *node);
    if (!cron) {
      context.report.error("misplaced-key", *node,
                           "stands beside schedule.cron only: the others do not look at a clock");
    }
    schedule.time_zone = name.value_or("UTC");
  }
  if (!cron) return;
  cron->zone = TimeZone::find(schedule.time_zone);
  // What another machine accepted still has executions.
  if (cron->zone || context.options.is_stored || node == nullptr || !node->is_string()) return;
  context.report.error("unknown-time-zone", *node,
                       fmt::format("must be a name of the tz database of this machine, such as Europe/Berlin or UTC "
                                   "(got {})",
                                   show(*node)));
}

// Whether times come one after another, whatever becomes of the executions.
bool has_times(const Schedule& schedule) {
  return std::holds_alternative<Schedule::Every>(schedule.kind) ||
         std::holds_alternative<Schedule::Cron>(schedule.kind);
}

std::optional<bool> read_word(LoadContext& context, const Node* node, std::initializer_list<std::string_view> words,
                              const Schedule& schedule) {
  if (node == nullptr) return std::nullopt;
  const auto choice = read_choice(context, *node, words);
  if (!has_times(schedule)) {
    context.report.error("misplaced-key", *node, "stands beside schedule.every and schedule.cron only");
  }
  if (!choice) return std::nullopt;
  return *choice == 1;
}

void read_extension(LoadContext& context, const Node& node, Schedule& schedule) {
  MapReader map(context, node);
  read_zone(context, map.take("timeZone"), schedule);
  schedule.skips_overlap = read_word(context, map.take("overlap"), {"allow", "skip"}, schedule).value_or(false);
  schedule.makes_up = !read_word(context, map.take("missed"), {"run", "skip"}, schedule).value_or(false);
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
  if (!read_kind(context, *schedule, read)) return std::nullopt;
  if (extension != nullptr) {
    read_extension(context, *extension, read);
  } else {
    read_zone(context, nullptr, read);
  }
  return read;
}

}  // namespace skald::definition

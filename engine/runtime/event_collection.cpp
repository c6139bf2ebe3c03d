#include "engine/runtime/event_collection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/definition/enough_events.hpp"

namespace skald::runtime {

using definition::Schedule;
using Strategy = definition::EventConsumption::Strategy;

namespace {

constexpr std::size_t kReadyMax = 20;
// The row wraps its events, each of full depth, a few levels deeper.
constexpr std::size_t kRowDepthMax = kJsonDepthMax + 16;

std::unexpected<Error> too_many() {
  return failure("schedule.too_many",
                 fmt::format("at most {} events, and {} bytes of them, wait for others in one place",
                             limits::kListenEventsMax, limits::kInputBytesMax),
                 {}, "correlate them by what belongs together, so that fewer are collected in one place");
}

}  // namespace

std::optional<EventMatch> match_event(const Schedule::On& rule, const Json& event) {
  std::optional<EventMatch> found;
  const auto look_at = [&](std::uint32_t pattern) {
    const auto& filter = rule.patterns[pattern - 1].filter;
    if (!filter.matches(event)) return;
    auto key = filter.key_of(event);
    if (!key) return;
    if (!found) found = EventMatch{.key = *key, .patterns = {}};
    if (found->key == *key) found->patterns.push_back(pattern);
  };
  const auto last = static_cast<std::uint32_t>(rule.patterns.size());
  for (std::uint32_t pattern = rule.wanted + 1; pattern <= last; ++pattern) look_at(pattern);
  for (std::uint32_t pattern = 1; pattern <= rule.wanted; ++pattern) look_at(pattern);
  return found;
}

Result<EventCollection> EventCollection::parse(const std::string& text) {
  EventCollection read;
  if (text.empty()) return read;
  const auto unreadable = failure("store.unreadable", "what was collected for a workflow cannot be read");
  const auto json = parse_json(text, kRowDepthMax);
  if (!json || !json->is_object() || !json->contains("events") || !json->contains("ready")) return unreadable;
  for (const auto& entry : json->at("events")) {
    const bool is_entry = entry.is_object() && entry.contains("event") && entry.contains("pattern");
    if (!is_entry || !entry.at("pattern").is_number_unsigned()) return unreadable;
    read.events_.push_back({.pattern = entry.at("pattern").get<std::uint32_t>(), .event = entry.at("event")});
  }
  for (const auto& events : json->at("ready")) read.ready_.push_back(events);
  return read;
}

std::string EventCollection::text() const {
  if (events_.empty() && ready_.empty()) return {};
  Json events = Json::array();
  for (const auto& [pattern, event] : events_) events.push_back({{"pattern", pattern}, {"event", event}});
  return dump_json({{"events", std::move(events)}, {"ready", ready_}});
}

Result<bool> EventCollection::add(const Schedule::On& rule, const EventMatch& match, Json event) {
  if (ready_.size() >= kReadyMax)
    return failure("engine.busy", "what is collected cannot be started as fast as it comes");
  const auto pattern = pattern_for(rule, match);
  const bool ends_at_once = pattern && rule.only_ends(*pattern) && rule.until_strategy != Strategy::kAll;
  if (!pattern || (ends_at_once && list_of(rule).empty())) return false;
  // What others wait for comes in however full it is.
  const bool is_one_more = has(*pattern);
  events_.push_back({.pattern = *pattern, .event = std::move(event)});
  const auto complete = is_one_more && !is_small() ? Result<bool>(too_many()) : is_complete(rule);
  if (!complete) {
    events_.pop_back();
    return std::unexpected(complete.error());
  }
  if (*complete) make_ready(rule);
  return true;
}

bool EventCollection::is_small() const {
  std::size_t bytes = 0;
  for (const auto& entry : events_) bytes += dump_json(entry.event).size();
  return events_.size() <= limits::kListenEventsMax && bytes <= limits::kInputBytesMax;
}

bool EventCollection::has(std::uint32_t pattern) const {
  return std::ranges::any_of(events_, [&](const Entry& entry) { return entry.pattern == pattern; });
}

// The first that ends the collecting, but for one of all of them that is there; of `all` the first that is missing.
std::optional<std::uint32_t> EventCollection::pattern_for(const Schedule::On& rule, const EventMatch& match) const {
  std::optional<std::uint32_t> found;
  for (const std::uint32_t pattern : match.patterns) {
    const auto strategy = rule.only_ends(pattern) ? rule.until_strategy : rule.strategy;
    if (strategy != Strategy::kAll || !has(pattern)) return pattern;
    if (!found && !rule.only_ends(pattern)) found = pattern;  // for an execution after the next
  }
  return found;
}

Json EventCollection::list_of(const Schedule::On& rule) const {
  Json list = Json::array();
  for (const auto& [pattern, event] : events_) {
    if (!rule.only_ends(pattern)) list.push_back(event);
  }
  return list;
}

Result<bool> EventCollection::is_complete(const Schedule::On& rule) const {
  if (!definition::has_enough(rule, [this](std::uint32_t pattern) { return has(pattern); })) return false;
  return rule.until ? rule.until->evaluate_condition(list_of(rule), expression::EmptyEnvironment()) : true;
}

// The oldest of each pattern; where all are taken until something ends it, all.
void EventCollection::make_ready(const Schedule::On& rule) {
  if (rule.strategy != Strategy::kAll) {
    Json list = list_of(rule);
    events_.clear();
    if (!list.empty()) ready_.push_back(std::move(list));
    return;
  }
  Json list = Json::array();
  std::vector<Entry> left;
  std::vector<bool> is_there(rule.wanted + 1, false);
  for (auto& entry : events_) {
    if (is_there.at(entry.pattern)) {
      left.push_back(std::move(entry));
    } else {
      is_there.at(entry.pattern) = true;
      list.push_back(std::move(entry.event));
    }
  }
  events_ = std::move(left);
  ready_.push_back(std::move(list));
}

}  // namespace skald::runtime

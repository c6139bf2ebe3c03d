#include "engine/dry_run/schedule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "engine/definition/step_lists.hpp"
#include "engine/definition/suggest.hpp"
#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

constexpr std::array<std::string_view, 7> kTroubles = {"done", "refused", "unknown",     "lost",
                                                       "slow", "crash",   "crash-before"};

std::string_view words_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::kNone:
      return "done";
    case Trouble::kRefused:
      return "refused";
    case Trouble::kUnknown:
      return "unanswered";
    case Trouble::kLost:
      return "lost on the way";
    case Trouble::kSlow:
      return "slow";
    case Trouble::kCrash:
      return "cut off by a crash";
    case Trouble::kCrashBefore:
      return "unsent because of a crash";
  }
  return "";
}

std::string_view words_of(const Interruption& interruption) {
  return interruption.what == Interruption::What::kCancel ? "cancelled" : "timed out";
}

std::string_view word_of(Interruption::When when) {
  return when == Interruption::When::kDuring ? "during" : "after";
}

// Every path of the definition, without the numbers of repeated entries.
std::vector<std::string> paths_of(const definition::Definition& definition) {
  std::vector<std::string> paths;
  for (const auto& [path, step] : definition.by_path) {
    if (!step->given.is_input_around) paths.push_back(path);  // it has the name of the list around it
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// "order.charge/compensate" for "charge/compensate".
bool is_named(std::string_view path, std::string_view name) {
  return path == name || (path.ends_with(name) && path[path.size() - name.size() - 1] == '.');
}

}  // namespace

std::string_view to_string(Trouble trouble) {
  return kTroubles.at(static_cast<std::size_t>(trouble));
}

std::optional<Trouble> parse_trouble(std::string_view text) {
  const auto* const found = std::find(kTroubles.begin(), kTroubles.end(), text);
  if (found == kTroubles.end()) return std::nullopt;
  return static_cast<Trouble>(found - kTroubles.begin());
}

Trouble Schedule::trouble_of(std::string_view call) const {
  const auto found = std::find_if(faults.begin(), faults.end(), [&](const Fault& fault) { return fault.call == call; });
  return found == faults.end() ? Trouble::kNone : found->trouble;
}

std::string to_text(const Schedule& schedule) {
  std::vector<std::string> parts;
  for (const auto& fault : schedule.faults) parts.push_back(fmt::format("{} {}", fault.call, words_of(fault.trouble)));
  if (const auto& interruption = schedule.interruption) {
    parts.push_back(fmt::format("{} {} {}", words_of(*interruption), word_of(interruption->when), interruption->step));
  }
  return parts.empty() ? "nothing goes wrong" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string to_flags(const Schedule& schedule) {
  std::vector<std::string> parts;
  // A '#' in the middle of a word begins no comment in a shell.
  for (const auto& fault : schedule.faults) {
    parts.push_back(fmt::format("--step {}={}", fault.call, to_string(fault.trouble)));
  }
  if (const auto& interruption = schedule.interruption) {
    const bool cancels = interruption->what == Interruption::What::kCancel;
    parts.push_back(
        fmt::format("--{}-{} {}", cancels ? "cancel" : "timeout", word_of(interruption->when), interruption->step));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

namespace {

// As the document names it: of a step with hooks the list around them.
Result<std::string> find_named(const definition::Definition& definition, std::string_view name) {
  if (definition.find(saga::static_path(name)) != nullptr) return std::string(name);
  if (const auto mark = name.rfind('#'); mark != std::string_view::npos) {
    auto path = find_named(definition, name.substr(0, mark));
    if (path) *path += name.substr(mark);
    return path;
  }
  const auto paths = paths_of(definition);
  std::vector<std::string> meant;
  for (const auto& path : paths) {
    if (is_named(path, name)) meant.push_back(path);
  }
  if (meant.size() == 1) return meant.front();
  if (meant.size() > 1) {
    return failure("simulate.step", "several steps have this name", std::string(name),
                   fmt::format("name one of them: {}", fmt::join(meant, ", ")));
  }
  const auto near = definition::nearest(name, paths);
  return failure("simulate.step",
                 "the workflow has no such step" + (near ? fmt::format("; did you mean '{}'?", *near) : std::string()),
                 std::string(name), fmt::format("its steps are {}", fmt::join(paths, ", ")));
}

}  // namespace

Result<std::string> find_path(const definition::Definition& definition, std::string_view name) {
  if (const auto undo = name.find('/'); undo != std::string_view::npos) {
    auto path = find_path(definition, name.substr(0, undo));
    if (path) *path += name.substr(undo);
    if (path && definition.find(saga::static_path(*path)) != nullptr) return path;
  }
  auto path = find_named(definition, name);
  const definition::Step* step = path ? definition.find(saga::static_path(*path)) : nullptr;
  while (const auto* hooked = step != nullptr ? definition::hooked_step(*step) : nullptr) {
    *path += "." + hooked->name;
    step = hooked;
  }
  return path;
}

Result<Fault> parse_fault(const definition::Definition& definition, std::string_view text) {
  const auto equals = text.rfind('=');
  const std::string_view word = equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  const auto trouble = parse_trouble(word);
  if (!trouble) {
    return failure("simulate.outcome",
                   word.empty() ? "must be written NAME=OUTCOME" : fmt::format("'{}' is no outcome of a call", word),
                   std::string(text), fmt::format("an outcome is one of {}", fmt::join(kTroubles, ", ")));
  }
  auto path = find_path(definition, text.substr(0, equals));
  if (!path) return std::unexpected(std::move(path.error()));
  return Fault{.call = std::move(*path), .trouble = *trouble};
}

}  // namespace skald::dry_run

#include "engine/definition/silences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/rules.hpp"

namespace skald::definition {
namespace {

constexpr std::string_view kUnused = "unused-silence";

std::vector<std::string> names_of_warnings() {
  std::vector<std::string> names;
  for (const Rule& rule : rules()) {
    if (rule.severity == Severity::kWarning) names.emplace_back(rule.id);
  }
  return names;
}

// True: it is one.
bool read_reason(LoadContext& context, const Node& reason) {
  const auto text = read_text(context, reason);
  if (!text) return false;
  if (text->find_first_not_of(" \t\r\n") != std::string::npos) return true;
  context.report.error("empty-reason", reason,
                       "needs a reason, for whoever reads this next (got " + show(reason) + ")");
  return false;
}

void read_silence(LoadContext& context, const Node& map, std::size_t index, const Node& holder) {
  const std::string& name = map.keys[index];
  const Node& reason = map.items[index];
  const Mark mark = map.key_marks[index];
  const std::string place = context.report.path_of(map);
  const Rule* rule = find_rule(name);
  if (rule == nullptr) {
    context.report.error_at(
        "unknown-rule", reason, mark,
        fmt::format("{} names '{}', which is no rule{}", place, name, context.report.hint(name, names_of_warnings())));
    return;
  }
  if (rule->severity == Severity::kError) {
    context.report.error_at(
        "unsilenceable-rule", reason, mark,
        fmt::format("{} names '{}', which is an error; only warnings can be silenced", place, name));
    return;
  }
  if (!read_reason(context, reason)) return;
  context.silences.push_back({name, holder.parent == nullptr ? "" : pointer_of(holder), &reason, mark});
}

void apply(LoadContext& context, const Silence& silence) {
  if (context.report.silence(silence.rule, silence.pointer) > 0 || context.report.has_errors()) return;
  context.report.warning_at(kUnused, *silence.reason, silence.mark,
                            fmt::format("{} silences nothing; take it out", context.report.path_of(*silence.reason)));
}

}  // namespace

void read_silences(LoadContext& context, const Node& metadata, const Node& holder) {
  // One that was accepted before may hold anything.
  const Node* ours = metadata.find("skald");
  if (ours == nullptr || context.options.is_stored) return;
  MapReader map(context, *ours);
  const Node* silences = map.take("silence");
  if (const Node* reason = map.take("mayStand")) {
    read_reason(context, *reason);
    if (holder.parent == nullptr) {
      context.report.error("misplaced-key", *reason, "stands in the metadata of the step whose effect may stand");
    }
  }
  map.finish();
  if (silences == nullptr) return;
  if (!silences->is_map()) {
    context.report.error("wrong-type", *silences,
                         fmt::format("must be a map of rules and reasons (got {})", show(*silences)));
    return;
  }
  for (std::size_t i = 0; i < silences->keys.size(); ++i) read_silence(context, *silences, i, holder);
}

void apply_silences(LoadContext& context) {
  std::sort(context.silences.begin(), context.silences.end(), [](const Silence& a, const Silence& b) {
    const bool a_is_last = a.rule == kUnused;  // when it is known what is unused
    const bool b_is_last = b.rule == kUnused;
    return a_is_last != b_is_last ? b_is_last : a.pointer.size() > b.pointer.size();
  });
  for (const Silence& silence : context.silences) apply(context, silence);
}

}  // namespace skald::definition

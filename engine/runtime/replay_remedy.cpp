#include "engine/runtime/replay_remedy.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace skald::runtime {
namespace {

bool is_about_effects(std::string_view code) {
  return code == "replay.standing" || code == "replay.undone" || code == "replay.not_failed";
}

std::string place_of(const std::string& from) {
  if (from == "start") return "from the start";
  return from == "failed" ? "from the failed step" : fmt::format("from '{}'", from);
}

void list_skipped_undos(const saga::StepState& step, std::string& names) {
  if (step.undo_status == saga::UndoStatus::kSkipped) names += (names.empty() ? "" : ", ") + step.path;
  for (const auto& child : step.children) list_skipped_undos(child, names);
}

}  // namespace

Error with_remedy(Error refusal, const ReplayCommand& refused, const saga::State& original,
                  const std::function<bool(const ReplayCommand&)>& is_possible) {
  if (!is_about_effects(refusal.code)) return refusal;
  if (refusal.code == "replay.undone") {
    std::string skipped;
    list_skipped_undos(original.root, skipped);
    if (!skipped.empty()) refusal.detail = fmt::format("skipped, so that it stands: the undo of {}", skipped);
  }
  std::string remedy;
  const auto offer = [&](const std::string& from) {
    ReplayCommand other = refused;
    other.from = from;
    for (const bool accepts : {false, true}) {
      other.accept_standing = accepts;
      if (!is_possible(other)) continue;
      remedy += (remedy.empty() ? "replay it " : "; or ") + place_of(from);
      if (accepts) remedy += ", accepting what stands (acceptStanding, --accept-standing)";
      return;
    }
  };
  offer("failed");
  if (refused.from != "failed" && refused.from != "start") offer(refused.from);
  offer("start");
  refusal.remedy = std::move(remedy);
  return refusal;
}

}  // namespace skald::runtime

#include "engine/dry_run/ledger.hpp"

#include <algorithm>

#include "engine/saga/path.hpp"

namespace skald::dry_run {

bool is_safe(const saga::Request& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

Ledger::UndoCall& Ledger::undo_call(std::string_view path) {
  auto& calls = undos_[std::string(saga::step_of(path))];
  const auto found = std::find_if(calls.begin(), calls.end(), [&](const UndoCall& call) { return call.path == path; });
  return found != calls.end() ? *found : calls.emplace_back(UndoCall{.path = std::string(path)});
}

void Ledger::note_sent(const saga::SendRequest& request) {
  if (saga::is_in_undo(request.step)) undo_call(request.step);
}

bool Ledger::arrive(const saga::SendRequest& request) {
  if (saga::is_in_undo(request.step)) {
    UndoCall& call = undo_call(request.step);
    (is_safe(*request.request) ? call.looked : call.arrived) = true;
    return true;
  }
  const auto undo = undos_.find(request.step);
  const bool comes_late = undo != undos_.end() && std::any_of(undo->second.begin(), undo->second.end(),
                                                              [](const UndoCall& call) { return call.arrived; });
  if (comes_late && !effects_.contains(request.key)) return false;
  if (!is_safe(*request.request)) {
    effects_.try_emplace(request.key, Effect{.step = request.step, .order = effects_.size()});
  }
  return true;
}

bool Ledger::is_best_effort(const std::string& path) const {
  const auto* step = definition_.find(saga::static_path(path));
  return step != nullptr && step->on_error == definition::OnError::kContinue;
}

bool Ledger::is_undone(std::string_view step) const {
  for (std::string_view at = step; !at.empty(); at = saga::parent_of(at)) {
    const auto found = undos_.find(std::string(at));
    if (found == undos_.end()) continue;
    const auto& calls = found->second;
    const auto arrived = [](const UndoCall& call) { return call.arrived; };
    const auto is_settled = [&](const UndoCall& call) {
      return call.arrived || call.looked || is_best_effort(call.path);
    };
    const bool settled =
        std::any_of(calls.begin(), calls.end(), arrived) && std::all_of(calls.begin(), calls.end(), is_settled);
    // What has been owed an undo of its own is not undone by that of a step around it.
    if (settled || at == step) return settled;
  }
  return false;
}

std::vector<std::string> Ledger::standing() const {
  std::vector<const Effect*> effects;
  for (const auto& [key, effect] : effects_) {
    if (!is_undone(effect.step)) effects.push_back(&effect);
  }
  std::sort(effects.begin(), effects.end(), [](const auto* a, const auto* b) { return a->order < b->order; });
  std::vector<std::string> steps;
  for (const auto* effect : effects) steps.push_back(effect->step);
  return steps;
}

}  // namespace skald::dry_run

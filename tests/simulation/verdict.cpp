#include "tests/simulation/verdict.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/saga/path.hpp"
#include "tests/simulation/verdict_runs.hpp"
#include "tests/simulation/verdict_times.hpp"

namespace skald::simulation {
namespace {

using saga::StepState;

// A part of its undo was: the rest counts as the undo.
bool was_passed_over_in_part(const StepState& step) {
  bool found = false;
  for (const auto& undo : step.undo) {
    each_step(undo, [&](const StepState& part) { found = found || part.status == saga::StepStatus::kFailed; });
  }
  return found;
}

class Judge {
 public:
  explicit Judge(const Evidence& evidence)
      : evidence_(evidence), judged_(evidence.judged), overruled_(was_overruled(evidence.judged, evidence.all)) {}

  std::vector<std::string> judge() {
    check_history();
    check_row();
    check_dates();
    for (const auto& early : what_came_early(judged_.events)) problem("{}", early);
    check_attempts();
    check_words();
    check_scope();
    check_successes();
    if (!overruled_) check_outcome();
    check_undos_ended();
    check_undo_order();
    check_undone_on_the_way();
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void problem(fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(
        fmt::format("{}: {}", short_id(judged_.row.id), fmt::format(text, std::forward<Args>(args)...)));
  }

  // G12: dense, in one order of epochs, from a start to an end; after that nothing but marks of replays, unless it is
  // asked to undo itself.
  void check_history() {
    std::uint64_t position = 0;
    std::uint64_t epoch = 0;
    Timestamp at{};
    bool ended = false;
    for (const auto& row : judged_.rows) {
      if (row.position != ++position) problem("position {} stands where {} should", row.position, position);
      if (row.epoch < epoch) problem("epoch {} follows epoch {}", row.epoch, epoch);
      epoch = row.epoch;
      if (row.at < at) problem("time goes back at position {}", position);
      at = row.at;
      if ((position == 1) != (row.kind == "ExecutionStarted")) problem("{} at position {}", row.kind, position);
      const bool is_mark = row.kind == "ExecutionReplayed";
      const bool is_asked = row.kind == "UndoRequested";
      if (!is_asked && ended != is_mark) problem("{} {} the end", row.kind, ended ? "follows" : "is before");
      const auto* undo = std::get_if<saga::UndoRequested>(&judged_.events[position - 1].data);
      if (undo != nullptr && undo->verdict == saga::UndoVerdict::kBegins) ended = false;
      ended = ended || row.kind == "ExecutionEnded";
    }
  }

  // G5, G8: ended, or parked with a reason, and the row says the same.
  void check_row() {
    const auto& state = judged_.state;
    const auto& summary = judged_.row.summary;
    const bool terminal = saga::is_terminal(state.phase);
    if (summary.phase != saga::to_string(state.phase))
      problem("the row says {}, the history {}", summary.phase, saga::to_string(state.phase));
    if (summary.wake_at.has_value() == terminal) problem("wake_at does not fit the phase {}", summary.phase);
    const auto open = std::ranges::count_if(state.incidents, [](const auto& i) { return i.open; });
    if (summary.open_incidents != open)
      problem("the row counts {} open incidents, the history {}", summary.open_incidents, open);
    if (terminal || waits_for_another(judged_, evidence_.all)) return;
    if (state.phase != saga::Phase::kSuspended) problem("neither ended nor parked: {}", saga::to_string(state.phase));
    if (!saga::has_open_incident(state)) problem("parked without an incident");
  }

  // G15: nothing is dated later than it was written, whatever became of clocks after a process had begun.
  void check_dates() {
    for (std::size_t i = 0; i < judged_.rows.size(); ++i) {
      const auto& row = judged_.rows[i];
      const auto early = row.at - judged_.written_at[i];
      if (early > evidence_.clocks.ahead_most)
        problem("{} at position {} was written {} ms before its date", row.kind, row.position, early.count());
    }
  }

  // Attempts count on, one at a time, and none but the first begins without a reason.
  void check_attempts() {
    std::map<std::string, std::uint32_t> begun;
    std::map<std::string, std::string> last;  // what was said last of a step
    for (std::size_t i = 0; i < judged_.rows.size(); ++i) {
      const auto& row = judged_.rows[i];
      const auto* of = saga::find_step(judged_.state, row.step);
      // A `try`, whose attempts are rounds of its steps.
      if (row.kind == "AttemptFailed" && of && !of->request && !saga::is_in_undo(row.step)) continue;
      const bool ends = row.kind == "AttemptFailed" || row.kind == "AttemptLost" || row.kind == "AttemptCompleted";
      const bool begins = row.kind == "AttemptStarted" || row.kind == "SettleStarted";
      const auto before = begun[row.step];
      if (row.attempt != before + (begins ? 1 : 0) && (ends || begins)) {
        problem("{} of {} #{} follows #{}", row.kind, row.step, row.attempt, before);
      }
      const auto& reason = last[row.step];
      const bool has_reason = reason == "RetryScheduled" || reason == "AttemptLost" || reason == "IncidentResolved";
      if (row.kind == "AttemptStarted" && !has_reason) problem("{} #{} begins after {}", row.step, row.attempt, reason);
      if (row.attempt != 0 && !ends && row.kind != "RetryScheduled") begun[row.step] = row.attempt;
      last[step_spoken_of(i)] = row.kind;
    }
  }

  // No word of a person is taken twice.
  void check_words() {
    std::set<std::string> heard;
    for (const auto& event : judged_.events) {
      std::string reason;
      if (const auto* e = std::get_if<saga::CancelRequested>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::ExecutionSuspended>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::ExecutionResumed>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::IncidentResolved>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::ExecutionEnded>(&event.data)) reason = e->reason;
      if (reason.starts_with("word") && !heard.insert(reason).second) problem("{} was taken twice", reason);
    }
  }

  // A resolution names its incident, and that the step.
  std::string step_spoken_of(std::size_t index) const {
    const auto* resolved = std::get_if<saga::IncidentResolved>(&judged_.events[index].data);
    if (!resolved) return judged_.rows[index].step;
    const auto& incidents = judged_.state.incidents;
    const auto it = std::ranges::find(incidents, resolved->number, &saga::Incident::number);
    return it == incidents.end() ? std::string() : it->step;
  }

  // G6: nothing new starts in what is being undone, or when its time is over.
  void check_scope() {
    bool undoing = false;
    const auto& state = judged_.state;
    for (const auto& row : judged_.rows) {
      const bool is_late = state.deadline && row.at >= *state.deadline && !state.pivoted;
      if (is_late && row.kind == "StepStarted" && !saga::is_in_undo(row.step))
        problem("{} starts after the deadline", row.step);
      undoing = undoing || row.kind == "CompensationStarted";
      if (undoing && row.kind == "StepStarted" && !saga::is_in_undo(row.step))
        problem("{} starts while undoing", row.step);
    }
  }

  // G9: success only where the service did it and said so.
  void check_successes() {
    if (overruled_) return;
    for (const auto& row : judged_.rows) {
      const bool done = row.kind == "StepCompleted" || row.kind == "UndoCompleted";
      const auto* step = saga::find_step(judged_.state, row.step);
      if (done && step && step->request && !step->request->is_to_engine() &&
          !evidence_.services.applied(key_of(row.step))) {
        problem("{} of {}, which the service never did", row.kind, row.step);
      }
    }
  }

  std::string key_of(const std::string& path) const {
    const auto* step = saga::find_step(judged_.state, saga::step_of(path));
    return fmt::format("{}/{}", to_string(place_of(judged_.state, *step).first), path);
  }

  bool is_ours(const Place& place) const { return holder_of(place, evidence_.all) == judged_.row.id; }

  const Effect* find_effect(const Place& place) const {
    const auto it = evidence_.services.effects().find(place);
    return it == evidence_.services.effects().end() ? nullptr : &it->second;
  }

  // Undone while the execution went on: it lost a race, or an error was caught behind it. Who won is not.
  bool was_undone_on_the_way(std::string_view path) const {
    if (is_covered(path)) return true;
    for (std::string_view at = path; !at.empty(); at = saga::parent_of(at)) {
      const auto* step = saga::find_step(judged_.state, at);
      const auto* around = saga::find_step(judged_.state, saga::parent_of(at));
      if (step && around && around->undoing && around->undoing->kept != step->round) return true;
    }
    return false;
  }

  // The undo of a `do` covers what was done inside it, by others too.
  bool is_covered(std::string_view path) const {
    for (auto above = saga::parent_of(path); !above.empty(); above = saga::parent_of(above)) {
      const auto* step = saga::find_step(judged_.state, above);
      const auto* effect = step ? find_effect(place_of(judged_.state, *step)) : nullptr;
      if (effect && effect->undone) return true;
    }
    return false;
  }

  // G6, G7: what the outcome says of the effects is true. Of what was terminated it says nothing.
  void check_outcome() {
    const auto& state = judged_.state;
    if (!state.outcome || *state.outcome == saga::Outcome::kTerminated) return;
    const bool stood_whole = *state.outcome == saga::Outcome::kCompleted;
    if (stood_whole) each_step(state.root, [this](const StepState& step) { check_stands(step); });
    const bool nothing_stands = *state.outcome == saga::Outcome::kCompensated ||
                                *state.outcome == saga::Outcome::kCancelled ||
                                state.compensation.state == saga::CompensationState::kNone;
    for (const auto& [place, effect] : evidence_.services.effects()) {
      if (effect.times > 1 && place.first == state.id)
        problem("{} had its effect {} times", place.second, effect.times);
      if (!is_ours(place)) continue;
      if (stood_whole && effect.undone && !was_undone_on_the_way(place.second))
        problem("{} was undone, and the execution completed", place.second);
      if (!stood_whole && nothing_stands && effect.stands && !is_covered(place.second))
        problem("{} stands after {}", place.second, saga::to_string(*state.outcome));
    }
  }

  void check_stands(const StepState& step) {
    if (step.status != saga::StepStatus::kCompleted || !step.request || step.request->is_to_engine()) return;
    if (was_undone_on_the_way(step.path)) return;
    const auto place = place_of(judged_.state, step);
    const auto* effect = find_effect(place);
    if (is_ours(place) && (!effect || !effect->stands)) problem("{} completed and does not stand", step.path);
  }

  // G6: whoever has ended leaves no undo open, and where one is missing says which.
  void check_undos_ended() {
    if (!judged_.state.outcome || *judged_.state.outcome == saga::Outcome::kTerminated) return;
    bool was_passed_over = false;
    each_step(judged_.state.root, [&](const StepState& step) {
      using enum saga::UndoStatus;
      const auto status = step.undo_status;
      if (status == kSettling || status == kSettled || status == kRunning)
        problem("{} is still being undone", step.path);
      was_passed_over = was_passed_over || status == kFailed || status == kSkipped;
    });
    if (judged_.state.compensation.state == saga::CompensationState::kIncomplete && !was_passed_over)
      problem("undone in part, and no undo was passed over");
  }

  struct Undone {
    const StepState* step;
    std::uint64_t order;  // among all undos of the world
    std::string scope;    // of which it was a part: the whole is "*"
  };

  // The nearest step around it that was undone while the execution went on.
  std::string scope_undone_around(const StepState& step) const {
    for (auto above = saga::parent_of(step.path); !above.empty(); above = saga::parent_of(above)) {
      const auto* around = saga::find_step(judged_.state, above);
      if (around && around->undoing) return around->path;
    }
    return "";
  }

  // The two steps of one list in which they stand; null where one stands in the other.
  std::pair<const StepState*, const StepState*> siblings(const StepState& one, const StepState& other) const {
    std::string_view a = one.path;
    for (; !a.empty(); a = saga::parent_of(a)) {
      std::string_view b = other.path;
      while (!b.empty() && saga::parent_of(b) != saga::parent_of(a)) b = saga::parent_of(b);
      if (!b.empty()) return {saga::find_step(judged_.state, a), saga::find_step(judged_.state, b)};
    }
    return {nullptr, nullptr};
  }

  // Branches of a fork have no order, nor do attempts of a `try` here. Iterations go from the last to the first.
  bool is_out_of_order(const Undone& first, const Undone& second) const {
    if (first.scope != second.scope) return false;
    const auto [a, b] = siblings(*first.step, *second.step);
    if (!a || !b || a == b) return false;
    const auto* list = saga::find_step(judged_.state, saga::parent_of(a->path));
    if (a->round != b->round) return !list->items.is_null() && a->round < b->round;
    return a->ended_position < b->ended_position;
  }

  // G6: undone in the reverse order of their ends. What was passed over may still be undone by a late request.
  void check_undo_order() {
    std::vector<Undone> undone;
    // What was begun on the way goes on beside the compensation of the whole.
    std::set<std::string> begun_before;
    for (const auto& row : judged_.rows) {
      if (row.kind == "CompensationStarted") break;
      const bool begins = row.kind == "UndoStarted" || row.kind == "UndoCompleted" || row.kind == "SettleStarted";
      if (begins) begun_before.insert(std::string(saga::step_of(row.step)));
    }
    each_step(judged_.state.root, [&](const StepState& step) {
      if (step.undo_status != saga::UndoStatus::kCompleted || was_passed_over_in_part(step)) return;
      const auto* effect = find_effect(place_of(judged_.state, step));
      if (!effect || effect->undo_order == 0) return;
      undone.push_back({&step, effect->undo_order, begun_before.contains(step.path) ? scope_undone_around(step) : "*"});
    });
    std::ranges::sort(undone, {}, &Undone::order);
    for (std::size_t i = 0; i < undone.size(); ++i) {
      for (std::size_t j = i + 1; j < undone.size(); ++j) {
        if (!is_out_of_order(undone[i], undone[j])) continue;
        problem("{} was undone before {}, which ended later", undone[i].step->path, undone[j].step->path);
      }
    }
  }

  // Who lost a race, and what failed before an error was handled, is undone before the flow goes on.
  void check_undone_on_the_way() {
    each_step(judged_.state.root, [this](const StepState& step) {
      const auto* defined = judged_.definition->find(saga::static_path(step.path));
      if (!defined) return;
      const auto* fork = std::get_if<definition::ForkStep>(&defined->kind);
      if (fork && fork->compete && step.status == saga::StepStatus::kCompleted) check_undone_but(step, winner_of(step));
      const auto* attempt = std::get_if<definition::TryStep>(&defined->kind);
      const bool handles =
          step.handler_round != 0 && !step.children.empty() && step.children.back().round == step.handler_round;
      if (attempt && attempt->compensates && handles) check_undone_but(step, step.handler_round);
    });
  }

  static std::uint32_t winner_of(const StepState& fork) {
    const StepState* first = nullptr;
    for (const auto& branch : fork.children) {
      const bool ended_well = branch.status == saga::StepStatus::kCompleted || branch.continued;
      if (ended_well && (!first || branch.ended_position < first->ended_position)) first = &branch;
    }
    return first ? first->round : 0;
  }

  void check_undone_but(const StepState& scope, std::uint32_t kept) {
    for (const auto& child : scope.children) {
      if (child.round != kept) check_undone(child);
    }
  }

  void check_undone(const StepState& step) {
    const auto* defined = judged_.definition->find(saga::static_path(step.path));
    const bool owed = step.status == saga::StepStatus::kCompleted || saga::may_stand(step);
    if (defined && defined->compensate && owed) {
      if (step.undo_status == saga::UndoStatus::kNone) problem("{} was not undone on the way", step.path);
      if (step.status == saga::StepStatus::kCompleted) return;  // its undo covers what is inside
    }
    for (const auto& child : step.children) check_undone(child);
  }

  const Evidence& evidence_;
  const Case& judged_;
  bool overruled_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> judge(const Evidence& evidence) {
  return Judge(evidence).judge();
}

}  // namespace skald::simulation

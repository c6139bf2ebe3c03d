#include "tests/simulation/verdict.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/saga/path.hpp"

namespace skald::simulation {
namespace {

using saga::StepState;

template <class Visit>
void each_step(const StepState& step, Visit visit) {
  visit(step);
  for (const auto& child : step.children) each_step(child, visit);
}

// An operator's word may stand for an effect or an undo that never was.
bool was_overruled(const saga::State& state) {
  return std::ranges::any_of(state.incidents, [](const auto& incident) {
    return incident.resolution && *incident.resolution != saga::IncidentResolution::kRetry && !incident.actor.empty();
  });
}

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
  explicit Judge(const Evidence& evidence) : evidence_(evidence), overruled_(was_overruled(evidence.state)) {}

  std::vector<std::string> judge() {
    check_history();
    check_row();
    check_waits();
    check_attempts();
    check_words();
    check_scope();
    check_successes();
    if (!overruled_) check_outcome();
    check_undos_ended();
    check_undo_order();
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void problem(fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(
        fmt::format("{}: {}", short_id(evidence_.row.id), fmt::format(text, std::forward<Args>(args)...)));
  }

  // G12: dense, in one order of epochs, from a start to at most one end.
  void check_history() {
    std::uint64_t position = 0;
    std::uint64_t epoch = 0;
    Timestamp at{};
    bool ended = false;
    for (const auto& row : evidence_.rows) {
      if (row.position != ++position) problem("position {} stands where {} should", row.position, position);
      if (row.epoch < epoch) problem("epoch {} follows epoch {}", row.epoch, epoch);
      epoch = row.epoch;
      if (row.at < at) problem("time goes back at position {}", position);
      at = row.at;
      if ((position == 1) != (row.kind == "ExecutionStarted")) problem("{} at position {}", row.kind, position);
      if (ended) problem("{} follows the end", row.kind);
      ended = ended || row.kind == "ExecutionEnded";
    }
  }

  // G5, G8: ended, or parked with a reason, and the row says the same.
  void check_row() {
    const auto& state = evidence_.state;
    const auto& summary = evidence_.row.summary;
    const bool terminal = saga::is_terminal(state.phase);
    if (summary.phase != saga::to_string(state.phase))
      problem("the row says {}, the history {}", summary.phase, saga::to_string(state.phase));
    if (summary.wake_at.has_value() == terminal) problem("wake_at does not fit the phase {}", summary.phase);
    const auto open = std::ranges::count_if(state.incidents, [](const auto& i) { return i.open; });
    if (summary.open_incidents != open)
      problem("the row counts {} open incidents, the history {}", summary.open_incidents, open);
    if (!terminal && state.phase != saga::Phase::kSuspended)
      problem("neither ended nor parked: {}", saga::to_string(state.phase));
    if (!terminal && !saga::has_open_incident(state)) problem("parked without an incident");
  }

  // G15: no attempt before its time.
  void check_waits() {
    std::map<std::pair<std::string, std::uint32_t>, Timestamp> due;
    for (const auto& event : evidence_.events) {
      const auto begins = [&](const std::string& step, std::uint32_t attempt) {
        const auto it = due.find({step, attempt});
        if (it != due.end() && event.at < it->second) problem("attempt {} of {} began early", attempt, step);
      };
      if (const auto* e = std::get_if<saga::RetryScheduled>(&event.data)) due[{e->step, e->attempt}] = e->at;
      if (const auto* e = std::get_if<saga::AttemptStarted>(&event.data)) begins(e->step, e->attempt);
    }
  }

  // Attempts count on, one at a time, and none but the first begins without a reason.
  void check_attempts() {
    std::map<std::string, std::uint32_t> begun;
    std::map<std::string, std::string> last;  // what was said last of a step
    for (std::size_t i = 0; i < evidence_.rows.size(); ++i) {
      const auto& row = evidence_.rows[i];
      const bool ends = row.kind == "AttemptFailed" || row.kind == "AttemptLost";
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
    for (const auto& event : evidence_.events) {
      std::string reason;
      if (const auto* e = std::get_if<saga::CancelRequested>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::ExecutionSuspended>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::ExecutionResumed>(&event.data)) reason = e->reason;
      if (const auto* e = std::get_if<saga::IncidentResolved>(&event.data)) reason = e->reason;
      if (reason.starts_with("word") && !heard.insert(reason).second) problem("{} was taken twice", reason);
    }
  }

  // A resolution names its incident, and that the step.
  std::string step_spoken_of(std::size_t index) const {
    const auto* resolved = std::get_if<saga::IncidentResolved>(&evidence_.events[index].data);
    if (!resolved) return evidence_.rows[index].step;
    const auto& incidents = evidence_.state.incidents;
    const auto it = std::ranges::find(incidents, resolved->number, &saga::Incident::number);
    return it == incidents.end() ? std::string() : it->step;
  }

  // G6: nothing new starts in what is being undone, or when its time is over.
  void check_scope() {
    bool undoing = false;
    const auto& state = evidence_.state;
    for (const auto& row : evidence_.rows) {
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
    const std::string prefix = to_string(evidence_.row.id) + "/";
    for (const auto& row : evidence_.rows) {
      const bool done = row.kind == "StepCompleted" || row.kind == "UndoCompleted";
      const auto* step = saga::find_step(evidence_.state, row.step);
      if (done && step && step->request && !evidence_.services.applied(prefix + row.step)) {
        problem("{} of {}, which the service never did", row.kind, row.step);
      }
    }
  }

  // G6, G7: what the outcome says of the effects is true.
  void check_outcome() {
    const auto& state = evidence_.state;
    if (!state.outcome) return;
    const bool stood_whole = *state.outcome == saga::Outcome::kCompleted;
    if (stood_whole) each_step(state.root, [this](const StepState& step) { check_stands(step); });
    const bool nothing_stands = *state.outcome == saga::Outcome::kCompensated ||
                                *state.outcome == saga::Outcome::kCancelled ||
                                state.compensation.state == saga::CompensationState::kNone;
    for (const auto& [place, effect] : evidence_.services.effects()) {
      if (place.first != state.id) continue;
      if (effect.times > 1) problem("{} had its effect {} times", place.second, effect.times);
      if (stood_whole && effect.undone) problem("{} was undone, and the execution completed", place.second);
      if (!stood_whole && nothing_stands && effect.stands)
        problem("{} stands after {}", place.second, saga::to_string(*state.outcome));
    }
  }

  void check_stands(const StepState& step) {
    if (step.status != saga::StepStatus::kCompleted || !step.request) return;
    const auto it = evidence_.services.effects().find({evidence_.row.id, step.path});
    if (it == evidence_.services.effects().end() || !it->second.stands)
      problem("{} completed and does not stand", step.path);
  }

  // G6: whoever has ended leaves no undo open, and where one is missing says which.
  void check_undos_ended() {
    if (!evidence_.state.outcome) return;
    bool was_passed_over = false;
    each_step(evidence_.state.root, [&](const StepState& step) {
      using enum saga::UndoStatus;
      const auto status = step.undo_status;
      if (status == kSettling || status == kSettled || status == kRunning)
        problem("{} is still being undone", step.path);
      was_passed_over = was_passed_over || status == kFailed || status == kSkipped;
    });
    if (evidence_.state.compensation.state == saga::CompensationState::kIncomplete && !was_passed_over)
      problem("undone in part, and no undo was passed over");
  }

  // G6: undone in the reverse order of their ends. What was passed over may still be undone by a late request.
  void check_undo_order() {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> undone;  // position of the step's end, place of its undo
    each_step(evidence_.state.root, [&](const StepState& step) {
      if (step.undo_status != saga::UndoStatus::kCompleted || was_passed_over_in_part(step)) return;
      const auto it = evidence_.services.effects().find({evidence_.row.id, step.path});
      if (it == evidence_.services.effects().end() || it->second.undo_order == 0) return;
      undone.emplace_back(step.ended_position, it->second.undo_order);
    });
    std::ranges::sort(undone, std::greater<>{});
    for (std::size_t i = 1; i < undone.size(); ++i) {
      if (undone[i].second < undone[i - 1].second)
        problem("the step that ended at position {} was undone before one that ended later", undone[i].first);
    }
  }

  const Evidence& evidence_;
  bool overruled_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> judge(const Evidence& evidence) {
  return Judge(evidence).judge();
}

}  // namespace skald::simulation

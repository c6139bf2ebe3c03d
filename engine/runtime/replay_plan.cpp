#include "engine/runtime/replay_plan.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "engine/definition/step_lists.hpp"
#include "engine/saga/list_flow.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/received_events.hpp"

namespace skald::runtime {
namespace {

using saga::StepState;
using saga::StepStatus;
using saga::UndoStatus;

constexpr std::string_view kFromStart = "start";
constexpr std::string_view kFromFailed = "failed";

void list(std::string& names, const std::string& name) {
  if (!names.empty()) names += ", ";
  names += name;
}

// What only the history knows of a step's completion.
struct Completion {
  std::optional<Payload> context;
  std::string then;
  saga::StatusChange status;
};

std::map<std::string, Completion> completions(const std::vector<saga::Event>& history) {
  std::map<std::string, Completion> found;
  for (const auto& event : history) {
    if (const auto* completed = std::get_if<saga::StepCompleted>(&event.data)) {
      found[completed->step] = {.context = completed->context, .then = completed->then, .status = completed->status};
    } else if (const auto* reused = std::get_if<saga::StepReused>(&event.data)) {
      found[reused->step] = {.context = reused->context, .then = reused->then, .status = reused->status};
    }
  }
  return found;
}

class Walk {
 public:
  Walk(const ReplayCommand& command, const ReplayBasis& basis)
      : from_(command.from), basis_(basis), completions_(completions(basis.history)) {}

  // Takes over everything before the place the replay begins at.
  void run() { take_list(basis_.original.root, basis_.definition.steps); }

  bool found_place() const { return found_place_; }
  bool is_inside() const { return is_inside_; }
  bool reuses() const { return reuses_; }
  const std::string& differs() const { return differs_; }
  const std::string& undone() const { return undone_; }
  const std::string& unknown() const { return unknown_; }
  std::vector<saga::TakenOver> taken() && { return std::move(taken_); }
  bool was_taken(const std::string& path) const { return paths_.contains(path); }

 private:
  // True when the place was found below: nothing after it is taken over.
  bool take_list(const StepState& scope, const std::vector<definition::Step>& steps) {
    std::size_t place = 0;  // that the definition says the flow comes to
    std::uint32_t round = 0;
    for (const StepState& child : scope.children) {
      if (is_place(child)) return found_place_ = true;
      if (child.round != std::exchange(round, child.round)) place = 0;
      if (place >= steps.size() || steps[place].name != saga::base_name(child.name)) {
        list(differs_, child.path);
        return found_place_ = true;  // from here on nothing can be compared
      }
      if (take(child, steps[place])) return true;
      place = saga::next_place(steps, child);
    }
    // The step the original would have come to next.
    return place < steps.size() && saga::child_path(scope.path, saga::entry_name(scope, steps[place].name)) == from_ &&
           (found_place_ = true);
  }

  bool is_place(const StepState& step) const {
    if (from_ != kFromFailed) return step.path == from_;
    if (step.then == definition::kThenCompensate) return true;  // it would give up again at once
    const bool stopped = step.status == StepStatus::kRunning || (step.status == StepStatus::kFailed && !step.continued);
    // Where steps run beside each other, or are tried again, it is all or nothing.
    return stopped && (step.children.empty() || step.apart);
  }

  bool take(const StepState& step, const definition::Step& defined) {
    const std::vector<definition::Step>* inside = nullptr;
    definition::for_each_list(defined, [&](auto, const auto& steps) { inside = &steps; });
    if (!step.children.empty() && !inside) {
      list(differs_, step.path);
      return false;
    }
    if (inside && step.status != StepStatus::kSkipped) {
      open(step, defined);
      if (step.apart || std::holds_alternative<definition::ListenStep>(defined.kind)) {
        is_inside_ = is_inside_ || from_.starts_with(step.path + ".");
        take_whole(step);
      } else if (take_list(step, *inside)) {
        return true;
      }
    }
    switch (step.status) {
      case StepStatus::kCompleted:
        reuse(step, defined);
        return false;
      case StepStatus::kSkipped:
        skip(step);
        return false;
      case StepStatus::kRunning:
      case StepStatus::kFailed:
        if (step.continued && !inside) open(step, defined);  // its input is what goes on
        return pass_over(step);
    }
    return false;
  }

  static bool has_effect(const definition::Step& step) {
    return std::holds_alternative<definition::CallStep>(step.kind) ||
           std::holds_alternative<definition::EmitStep>(step.kind);
  }

  // A list in the place of a call, as hooks make it, has neither its undo nor its pivot: those are of a step inside.
  bool loses_effect(const StepState& step, const definition::Step& defined) const {
    const auto* followed = basis_.followed.find(saga::static_path(step.path));
    const bool has_one = step.request || (followed && followed->compensate && has_effect(*followed));
    return has_one && !has_effect(defined);
  }

  void open(const StepState& step, const definition::Step& defined) {
    std::optional<Timestamp> deadline;
    if (const auto timeout = definition::constant(defined.timeout)) deadline = basis_.now + *timeout;
    // What an expression told then is not asked again.
    const bool was_told = defined.timeout && !deadline && step.deadline;
    if (was_told) deadline = basis_.now + (*step.deadline - step.started_at);
    taken_.emplace_back(saga::StepStarted{.step = step.path,
                                          .round = step.round,
                                          .request = nullptr,
                                          .input = step.input,
                                          .deadline = deadline,
                                          .items = items_of(step),
                                          .apart = step.apart,
                                          .attempt_limit = attempt_limit_of(step, defined),
                                          .status = {}});
  }

  // As it was told then, but for what the definition says in so many words.
  static std::optional<Millis> attempt_limit_of(const StepState& step, const definition::Step& defined) {
    const auto* attempt = std::get_if<definition::TryStep>(&defined.kind);
    if (!attempt || !attempt->retry || !attempt->retry->attempt_duration) return std::nullopt;
    const auto constant = definition::constant(attempt->retry->attempt_duration);
    return constant || !step.limit ? constant : step.limit->length;
  }

  // What a loop went through. The undo of an iteration asks for its own event, so they are read as the original did,
  // whatever this definition would take.
  std::optional<Payload> items_of(const StepState& step) const {
    const auto* followed = basis_.followed.find(saga::static_path(step.path));
    const auto* listen = followed ? std::get_if<definition::ListenStep>(&followed->kind) : nullptr;
    if (listen != nullptr) return saga::items_of(*listen, step);
    return step.items.is_null() ? std::nullopt : std::optional(step.items);
  }

  // All that ended inside a step that has ended: what failed there was caught, or lost its race.
  void take_whole(const StepState& scope) {
    if (!scope.caught.is_null()) {
      taken_.emplace_back(saga::ErrorCaught{.step = scope.path, .round = scope.handler_round, .error = scope.caught});
    }
    for (const StepState& child : scope.children) {
      const auto* defined = basis_.definition.find(saga::static_path(child.path));
      if (!defined) {
        list(differs_, child.path);
      } else if (child.undo_status == UndoStatus::kNone) {
        take_one(child, *defined);
      }
    }
  }

  void take_one(const StepState& step, const definition::Step& defined) {
    if (!step.children.empty()) {
      open(step, defined);
      take_whole(step);
    }
    if (step.status == StepStatus::kCompleted) return reuse(step, defined);
    if (step.status == StepStatus::kSkipped) return skip(step);
    if (step.children.empty()) open(step, defined);  // its input is what goes on
    if (step.unknown || step.answered) list(unknown_, step.path);
    fail(step);
  }

  void reuse(const StepState& step, const definition::Step& defined) {
    if (loses_effect(step, defined)) list(differs_, step.path);
    if (step.undo_status != UndoStatus::kNone) list(undone_, step.path);
    const auto completion = completions_.find(step.path);
    saga::StepReused reused{.step = step.path,
                            .round = step.round,
                            .origin = step.origin.value_or(basis_.original.id),
                            .request = step.request,
                            .input = step.input,
                            .output = step.output,
                            .pivot = defined.pivot,
                            .execution = step.execution};
    if (completion != completions_.end()) {
      reused.context = completion->second.context;
      reused.then = completion->second.then;
      reused.status = completion->second.status;
    }
    // What can be undone is taken over as well: the undo goes out under the original's key.
    reuses_ = reuses_ || step.request != nullptr || defined.compensate != nullptr;
    taken_.emplace_back(std::move(reused));
    paths_.insert(step.path);
  }

  void skip(const StepState& step) {
    taken_.emplace_back(saga::StepSkipped{.step = step.path, .round = step.round});
    paths_.insert(step.path);
  }

  void fail(const StepState& step) {
    taken_.emplace_back(saga::StepFailed{.step = step.path,
                                         .round = step.round,
                                         .error = step.error,
                                         .continued = step.continued,
                                         .then = step.then,
                                         .status = {}});
    paths_.insert(step.path);
  }

  // A failure the flow went past stays one. One that may have had its effect cannot: its undo would be owed under a key
  // that belongs to the original.
  bool pass_over(const StepState& step) {
    if (!step.continued) {
      // The flow stopped here: after its children, or before the step that was asked for.
      if (from_ == kFromFailed) found_place_ = true;
      return true;
    }
    if (step.unknown || step.answered) list(unknown_, step.path);
    fail(step);
    return false;
  }

  const std::string& from_;
  const ReplayBasis& basis_;
  std::map<std::string, Completion> completions_;
  std::vector<saga::TakenOver> taken_;
  std::set<std::string> paths_;
  std::string differs_;
  std::string undone_;
  std::string unknown_;
  bool found_place_ = false;
  bool is_inside_ = false;
  bool reuses_ = false;
};

// Effects that may stand and that the replay does not take over.
std::string list_left(const saga::State& original, const Walk& walk) {
  std::string left;
  for (const StepState* step : saga::standing_steps(original)) {
    if (!walk.was_taken(step->path)) list(left, step->path);
  }
  return left;
}

Result<void> check(const ReplayCommand& command, const ReplayBasis& basis, const Walk& walk) {
  const std::string subject = to_string(basis.original.id);
  if (!walk.found_place()) {
    if (walk.is_inside()) {
      return failure(
          "replay.unknown_step",
          fmt::format("a replay cannot begin at '{}', inside a step whose steps run beside each other or are "
                      "tried again",
                      command.from),
          subject, "name that step itself, or replay it from the start");
    }
    if (command.from == kFromFailed) {
      return failure("replay.not_failed", "no step of this execution failed", subject, "replay it from the start");
    }
    return failure("replay.unknown_step", fmt::format("this execution did not come to a step '{}'", command.from),
                   subject, "name a step that it reached, or replay it from the start");
  }
  if (!walk.differs().empty()) {
    return failure(
        "replay.differs",
        fmt::format("version {} has other steps in the place of: {}", basis.definition.version, walk.differs()),
        subject, "replay it with its own version, or from the start");
  }
  if (!walk.undone().empty()) {
    return failure("replay.undone", fmt::format("these steps were undone: {}", walk.undone()), subject,
                   "replay it from the start");
  }
  if (!walk.unknown().empty()) {
    return failure("replay.standing",
                   fmt::format("these steps failed, and may have had their effect all the same: {}", walk.unknown()),
                   subject, "replay it from the start, accepting that they stand");
  }
  const std::string standing =
      walk.reuses() && !command.accept_standing ? list_left(basis.original, walk) : std::string();
  if (!standing.empty()) {
    return failure("replay.standing", fmt::format("effects of this execution stand: {}", standing), subject,
                   "undo them, or accept that they stand");
  }
  return {};
}

}  // namespace

Result<ReplayPlan> plan_replay(const ReplayCommand& command, const ReplayBasis& basis) {
  const auto& original = basis.original;
  if (!saga::is_terminal(original.phase)) {
    return failure("replay.not_ended", "the execution has not ended, so it cannot be replayed", to_string(original.id),
                   "cancel it, or wait until it ends");
  }
  ReplayPlan plan;
  plan.start.input = command.input.value_or(original.input);
  plan.start.labels = original.labels;
  plan.start.replay_of = saga::ReplaySource{.execution = original.id, .from = command.from};
  plan.record.accept_standing = command.accept_standing;
  plan.record.replayed =
      saga::ExecutionReplayed{.replay = basis.replay, .from = command.from, .reuses = false, .reason = command.reason};
  if (command.from == kFromStart) return plan;
  Walk walk(command, basis);
  walk.run();
  if (auto checked = check(command, basis, walk); !checked) return std::unexpected(std::move(checked.error()));
  plan.record.replayed.reuses = walk.reuses();
  plan.start.reused = std::move(walk).taken();
  return plan;
}

}  // namespace skald::runtime

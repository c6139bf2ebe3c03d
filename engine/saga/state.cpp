#include "engine/saga/state.hpp"

#include <algorithm>
#include <iterator>

#include "engine/base/limits.hpp"
#include "engine/saga/path.hpp"

namespace skald::saga {
namespace {

// Takes the first segment off `rest`; an undo's segment is "compensate" behind a slash.
std::string_view take_segment(std::string_view& rest, bool& is_undo) {
  is_undo = !rest.empty() && rest.front() == '/';
  if (is_undo || (!rest.empty() && rest.front() == '.')) rest.remove_prefix(1);
  const auto end = rest.find_first_of("./");
  const auto segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  return segment;
}

// The entry of that name; null where there is none. The newest are asked for most, and a list may have thousands: the
// entries of one step come in the order of their numbers, so that an older one of the same step ends the search.
template <class List>
auto find_entry(List& list, std::string_view name) -> decltype(list.data()) {
  const std::string_view base = base_name(name);
  for (auto child = list.rbegin(); child != list.rend(); ++child) {
    if (child->name == name) return &*child;
    if (base_name(child->name) == base && entry_number(child->name) < entry_number(name)) return nullptr;
  }
  return nullptr;
}

template <class Step>
Step* find_below(Step& root, std::string_view path) {
  Step* step = &root;
  while (!path.empty()) {
    bool is_undo = false;
    const auto segment = take_segment(path, is_undo);
    step = find_entry(is_undo ? step->undo : step->children, segment);
    if (!step) return nullptr;
  }
  return step;
}

void collect_standing(const StepState& step, std::vector<const StepState*>& standing) {
  if (step.undo_status == UndoStatus::kCompleted) return;
  if (may_stand(step)) standing.push_back(&step);
  for (const auto& child : step.children) collect_standing(child, standing);
}

bool is_blocking(const Incident& incident) {
  return incident.open && incident.kind != IncidentKind::kCompensationTimeout &&
         incident.kind != IncidentKind::kTimeoutAfterPivot;
}

struct Doings {
  bool waits = false;
  bool acts = false;
};

void collect_doings(const StepState& step, Doings& doings) {
  bool has_running = false;
  for (const auto& child : step.children) {
    if (child.status != StepStatus::kRunning) continue;
    has_running = true;
    collect_doings(child, doings);
  }
  if (!has_running) (is_waiting_kind(step) ? doings.waits : doings.acts) = true;
}

class WakeFinder {
 public:
  WakeFinder(const State& state, Timestamp latest) : state_(state), wake_(latest) {}

  void consider(const std::optional<Timestamp>& at) {
    if (at) wake_ = std::min(wake_, *at);
  }

  void visit(const StepState& step) {
    const bool settles = step.undo_status == UndoStatus::kSettling;
    if (step.status == StepStatus::kRunning && !has_blocking_incident(state_, step.path)) {
      consider(step.attempts.retry_at);
      if (!step.timed_out) consider(step.deadline);
      if (step.limit && !step.limit->passed) consider(step.limit->deadline);
      consider(step.wait_until);
    }
    if ((settles || step.status == StepStatus::kRunning) && !has_blocking_incident(state_, step.path)) {
      consider(step.settling.retry_at);
    }
    for (const auto& child : step.children) visit(child);
    for (const auto& undo : step.undo) visit(undo);
  }

  Timestamp wake() const { return wake_; }

 private:
  const State& state_;
  Timestamp wake_;
};

}  // namespace

const StepState* find_step(const State& state, std::string_view path) {
  return find_below(state.root, path);
}
StepState* find_step(State& state, std::string_view path) {
  return find_below(state.root, path);
}

Payload flowing_input(const State& state, std::string_view path, std::uint32_t round) {
  const StepState* parent = find_step(state, parent_of(path));
  if (!parent) return {};
  return path.ends_with(kUndoSuffix) ? parent->output : data_left_by(*parent, round);
}

Payload raw_input(const State& state, std::string_view path, std::uint32_t round) {
  const StepState* parent = find_step(state, parent_of(path));
  const StepState* started = find_step(state, path);
  if (!parent || !started) return flowing_input(state, path, round);
  return data_left_by(*parent, started->round, started);
}

const StepState* last_entry(const StepState& list, std::uint32_t round, const StepState* before) {
  auto child = list.children.rbegin();
  if (before) child = std::make_reverse_iterator(list.children.begin() + (before - list.children.data()));
  for (; child != list.children.rend(); ++child) {
    if (round == 0 || child->round == round) return &*child;
    if (!list.apart) break;  // an earlier round
  }
  return nullptr;
}

Payload data_left_by(const StepState& list, std::uint32_t round, const StepState* before) {
  const StepState* last = last_entry(list, round, before);
  if (!last && !list.apart) last = last_entry(list, 0, before);  // what the round before has left
  if (!last) return list.input;
  return last->status == StepStatus::kCompleted ? last->output : last->input;
}

const ScopeUndo* scope_undo_around(const State& state, std::string_view path) {
  if (state.compensation.state != CompensationState::kNone) return nullptr;
  for (std::string_view around = step_of(path); !around.empty(); around = parent_of(around)) {
    const StepState* step = find_step(state, around);
    if (step && step->undoing) return step->undoing.get();
  }
  return nullptr;
}

std::string idempotency_key(const State& state, const StepState& step) {
  std::string key = to_string(step.origin.value_or(state.id));
  key += '/';
  key += step.path;
  return key;
}

bool may_stand(const StepState& step) {
  return step.request &&
         (step.status == StepStatus::kCompleted || step.unknown || step.answered || step.attempts.in_flight);
}

std::vector<const StepState*> standing_steps(const State& state) {
  std::vector<const StepState*> standing;
  collect_standing(state.root, standing);
  return standing;
}

bool has_failed_undo(const StepState& step) {
  return step.undo_status == UndoStatus::kFailed || step.undo_status == UndoStatus::kSkipped ||
         std::any_of(step.children.begin(), step.children.end(), has_failed_undo);
}

bool only_waits(const State& state) {
  Doings doings;
  collect_doings(state.root, doings);
  return doings.waits && !doings.acts;
}

bool is_ending(const State& state) {
  const bool asked = state.cancel_requested || state.timed_out || !state.gives_up.empty();
  return asked && state.compensation.state == CompensationState::kNone && !is_terminal(state.phase);
}

bool has_open_incident(const State& state) {
  return std::any_of(state.incidents.begin(), state.incidents.end(), [](const auto& i) { return i.open; });
}

bool has_blocking_incident(const State& state) {
  return std::any_of(state.incidents.begin(), state.incidents.end(), is_blocking);
}

bool has_blocking_incident(const State& state, std::string_view path) {
  return std::any_of(state.incidents.begin(), state.incidents.end(),
                     [&](const auto& i) { return is_blocking(i) && i.step == path; });
}

bool is_quarantined(const State& state) {
  return std::any_of(state.incidents.begin(), state.incidents.end(), [](const auto& incident) {
    return incident.open && incident.kind == IncidentKind::kQuarantined && incident.step.empty();
  });
}

bool has_call_in_flight(const StepState& step) {
  if (step.attempts.in_flight || step.settling.in_flight) return true;
  const auto in_flight = [](const StepState& inner) { return has_call_in_flight(inner); };
  return std::any_of(step.children.rbegin(), step.children.rend(), in_flight) ||
         std::any_of(step.undo.begin(), step.undo.end(), in_flight);
}

bool calls_participant(const StepState& step) {
  const bool is_in_flight = step.attempts.in_flight || step.settling.in_flight;
  if (is_in_flight && !(step.request && step.request->is_to_engine())) return true;
  return std::any_of(step.children.rbegin(), step.children.rend(), calls_participant) ||
         std::ranges::any_of(step.undo, calls_participant);
}

bool has_call_in_flight(const State& state) {
  return has_call_in_flight(state.root);
}

std::optional<Timestamp> next_wake(const State& state, Timestamp now) {
  if (is_terminal(state.phase)) return std::nullopt;
  WakeFinder finder(state, now + limits::kAuditInterval);
  if (is_quarantined(state)) return finder.wake();
  const bool forward = state.compensation.state == CompensationState::kNone;
  // While it is ending, only the answers of the calls in flight matter.
  if (is_ending(state)) return finder.wake();
  if (state.turn_ended) return state.updated_at;  // the same whenever it is asked for: it stands in the row
  if (forward) finder.consider(state.deadline);
  if (state.compensation.state == CompensationState::kRunning) finder.consider(state.compensation.deadline);
  if (!state.suspended) finder.visit(state.root);
  return finder.wake();
}

}  // namespace skald::saga

#include "engine/dry_run/world.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/base/limits.hpp"
#include "engine/dry_run/line_words.hpp"
#include "engine/saga/callback_token.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::dry_run {
namespace {

constexpr std::int64_t kStartMillis = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
constexpr Millis kRestart = std::chrono::seconds(1);
// Decisions may record nothing, as that of a wait for years at each audit.
constexpr std::uint64_t kDecisionsMax = 20'000;
constexpr std::size_t kSecretDigits = 32;

Ending ending_of(const saga::State& state) {
  switch (*state.outcome) {
    case saga::Outcome::kCompleted:
      return Ending::kCompleted;
    case saga::Outcome::kCompensated:
      return Ending::kCompensated;
    case saga::Outcome::kCancelled:
      return Ending::kCancelled;
    case saga::Outcome::kFaulted:
    case saga::Outcome::kTerminated:
      break;
  }
  return Ending::kFaulted;
}

// The step that an event begins, if it does.
std::string_view begun_by(const saga::EventData& event) {
  if (const auto* started = std::get_if<saga::StepStarted>(&event)) return started->step;
  if (const auto* started = std::get_if<saga::UndoStarted>(&event)) return started->step;
  return {};
}

std::string_view ended_by(const saga::EventData& event) {
  if (const auto* completed = std::get_if<saga::StepCompleted>(&event)) return completed->step;
  if (const auto* failed = std::get_if<saga::StepFailed>(&event)) return failed->step;
  return {};
}

bool begins_work(const saga::EventData& event) {
  const auto* step = std::get_if<saga::StepStarted>(&event);
  if (step != nullptr) return step->request || step->wait_until || !step->listens.empty();
  const auto* undo = std::get_if<saga::UndoStarted>(&event);
  return undo != nullptr && undo->request;
}

// Whether a step that runs has a time to end by.
bool has_deadline(const saga::StepState& step) {
  if (step.status != saga::StepStatus::kRunning) return false;
  const bool is_limited = step.limit && !step.limit->passed;
  return (step.deadline && !step.timed_out) || is_limited || step.wait_until ||
         std::ranges::any_of(step.children, has_deadline);
}

bool is_moment(const Interruption& wanted, const saga::Input& input, const saga::Decision& decision) {
  const bool begins = wanted.when == Interruption::When::kDuring;
  const auto* answered = std::get_if<saga::AttemptEnded>(&input.what);
  if (!begins && answered != nullptr && answered->step == wanted.step) return true;
  return std::any_of(decision.events.begin(), decision.events.end(), [&](const saga::Event& event) {
    return (begins ? begun_by(event.data) : ended_by(event.data)) == wanted.step;
  });
}

}  // namespace

std::uint64_t work_of(std::uint64_t position, bool has_rounds, bool undoes) {
  constexpr std::uint64_t kDecision = 200;
  constexpr std::uint64_t kBeside = 8;
  constexpr std::uint64_t kUndo = 100;
  return kDecision + position * (has_rounds ? kBeside : 1) + (undoes ? position * position / kUndo : 0);
}

World::World(const Subject& subject, const Schedule& schedule)
    : subject_(subject), schedule_(schedule), participants_(subject, schedule), now_(from_millis(kStartMillis)) {
  run_.schedule = schedule;
  state_.id = make_execution_id(now_, 0, 0);
}

Run World::play() {
  take({.actor = {},
        .what = saga::StartExecution{.input = subject_.input,
                                     .labels = {},
                                     .replay_of = {},
                                     .reused = {},
                                     .callback_url = "http://localhost:8080/v1/callbacks/",
                                     .callback_secret = std::string(kSecretDigits, '0')}});
  while (!saga::is_terminal(state_.phase) && !is_at_bound() && go_on()) {
  }
  end();
  return std::move(run_);
}

bool World::is_at_bound() const {
  const bool is_forward = state_.compensation.state == saga::CompensationState::kNone && !saga::is_ending(state_);
  const auto forward_max = kForwardEventsMax + kForwardEventsOfStep * subject_.definition->by_path.size();
  const auto events_max = is_forward ? forward_max : limits::kHistoryEventsMax;
  return state_.position > events_max || decisions_ > kDecisionsMax;
}

bool World::go_on() {
  const Timestamp wake = std::max(now_, *saga::next_wake(state_, now_));
  const auto next = std::min_element(flights_.begin(), flights_.end(),
                                     [](const Flight& a, const Flight& b) { return a.due < b.due; });
  const bool is_next = arrivals_.empty() || (next != flights_.end() && next->due <= arrivals_.front().due);
  if (next != flights_.end() && next->due <= wake && is_next) {
    const Flight flight = std::move(*next);
    flights_.erase(next);
    now_ = std::max(now_, flight.due);
    take({.actor = {},
          .what = saga::AttemptEnded{.step = flight.request.step,
                                     .attempt = flight.request.attempt,
                                     .settling = flight.request.settling,
                                     .answer = flight.answer}});
    return true;
  }
  if (!arrivals_.empty() && arrivals_.front().due <= wake) {
    const Arrival arrival = std::move(arrivals_.front());
    arrivals_.erase(arrivals_.begin());
    now_ = std::max(now_, arrival.due);
    arrive(arrival);
    return true;
  }
  const bool only_audits = wake >= now_ + limits::kAuditInterval;
  const bool only_listens = !saga::subscriptions_of(state_).empty() && !state_.deadline && !has_deadline(state_.root);
  const bool needs_others = saga::has_blocking_incident(state_) || only_listens;
  if (only_audits && flights_.empty() && needs_others) return false;
  now_ = wake;
  take({.actor = {}, .what = saga::TimerFired{}});
  return true;
}

void World::take(saga::Input input) {
  const saga::Context context{.definition = *subject_.definition,
                              .operations = subject_.operations,
                              .now = now_,
                              .seed = ++decisions_,
                              .epoch = epoch_};
  saga::Decision decision = saga::decide(context, std::move(state_), input);
  state_ = std::move(decision.next);
  run_.work += work_of(state_.position, state_.has_rounds, state_.compensation.state != saga::CompensationState::kNone);
  if (decision.refusal) {
    run_.was_refused = true;
    return note("", "refused: " + decision.refusal->message);
  }
  for (const auto& event : decision.events) note(event);
  note_points(input, decision);
  for (const auto& effect : decision.effects) perform(effect);
  if (std::exchange(has_crashed_, false)) return crash();
  if (interrupts_ && !run_.was_interrupted) interrupt();
}

// Every sort of effect has its place here: what the world does with it, and when the engine hears of it.
void World::perform(const saga::Effect& effect) {
  if (has_crashed_) return;  // it is in the history, and nobody is there to perform it
  std::visit([this](const saga::SendRequest& request) { send(request); }, effect);
}

void World::send(const saga::SendRequest& request) {
  const bool is_undo = saga::is_in_undo(request.step);
  Reply reply = participants_.receive(request);
  ++run_.calls;
  if (is_undo) run_.undo_requests[request.step] = request.request;
  const auto kind = is_undo ? Line::Kind::kUndo : request.settling ? Line::Kind::kSettle : Line::Kind::kCall;
  note(request.step, std::move(reply.words), kind);
  run_.lines.back().attempt = request.attempt;
  has_crashed_ = has_crashed_ || reply.crashes;
  // What is said to another execution was written.
  if (reply.crashes && !request.request->is_to_engine()) return;
  flights_.push_back({.request = request, .answer = std::move(reply.answer), .due = now_ + reply.after});
}

void World::begin_to_listen(const std::string& step) {
  run_.points.push_back({.kind = Point::Kind::kEvent, .step = step});
  auto data = participants_.event_for(step);
  note(step, data ? "listens" : "listens, and nothing comes", Line::Kind::kWait);
  if (data) arrivals_.push_back({.step = step, .data = std::move(*data), .due = now_ + kLatency});
}

// As a callback, which answers a step whatever its filters are. Each entry of a step is answered anew.
void World::arrive(const Arrival& arrival) {
  const auto* step = saga::find_step(state_, arrival.step);
  if (step == nullptr || step->status != saga::StepStatus::kRunning) return;
  note(arrival.step, "an event comes", Line::Kind::kWait);
  state_.called_back.clear();
  const auto token = saga::parse_callback_token(saga::callback_token(state_, saga::static_path(arrival.step)));
  take({.actor = {}, .what = saga::CallbackArrived{.step = token->step, .mac = token->mac, .data = arrival.data}});
}

// What was in memory is gone; the history is not.
void World::crash() {
  const auto is_lost = [](const Flight& flight) { return !flight.request.request->is_to_engine(); };
  for (const auto& flight : flights_) {
    if (!is_lost(flight)) continue;
    const auto line = std::find_if(run_.lines.rbegin(), run_.lines.rend(),
                                   [&](const Line& candidate) { return candidate.step == flight.request.step; });
    if (line != run_.lines.rend()) line->words += ", but the engine crashes before it hears of it";
  }
  std::erase_if(flights_, is_lost);
  ++epoch_;
  now_ += kRestart;
  note("", "the engine recovers");
  take({.actor = {}, .what = saga::RecoverExecution{}});
}

void World::interrupt() {
  if (saga::is_terminal(state_.phase)) return;
  run_.was_interrupted = true;
  run_.points_behind = run_.points.size();
  if (schedule_.interruption->what == Interruption::What::kCancel) {
    note("", "cancelled" + under_way());
    return take({.actor = "dry run", .what = saga::CancelExecution{.reason = "dry run"}});
  }
  if (!state_.deadline) return note("", "the workflow has no timeout");
  now_ = std::max(now_, *state_.deadline);
  take({.actor = {}, .what = saga::TimerFired{}});
}

// " while a, b are under way", for a note.
std::string World::under_way() const {
  std::vector<std::string> steps;
  for (const auto& flight : flights_) steps.push_back(flight.request.step);
  if (steps.empty()) return {};
  return fmt::format(" while {} {} under way", fmt::join(steps, ", "), steps.size() == 1 ? "is" : "are");
}

void World::note_points(const saga::Input& input, const saga::Decision& decision) {
  auto& points = run_.points;
  std::string begun;
  for (const auto& event : decision.events) {
    if (!begins_work(event.data)) continue;
    const std::string step(begun_by(event.data));
    if (begun.empty()) begun = step;
    const auto* instance = saga::find_step(state_, step);
    if (instance->request) {
      const bool is_run = instance->request->is_to_engine();
      points.push_back({.kind = is_run ? Point::Kind::kRun : Point::Kind::kCall, .step = step});
    }
    if (!instance->listens.empty()) begin_to_listen(step);
    if (schedule_.trouble_of(step) != Trouble::kNone) run_.points_behind = points.size();
  }
  const auto& wanted = schedule_.interruption;
  interrupts_ = interrupts_ || (wanted && !run_.was_interrupted && is_moment(*wanted, input, decision));
  const bool is_forward = state_.compensation.state == saga::CompensationState::kNone;
  if (wanted || !is_forward || saga::is_terminal(state_.phase) || saga::is_ending(state_)) return;
  const auto* answered = std::get_if<saga::AttemptEnded>(&input.what);
  if (begun.empty() && answered == nullptr) return;
  Point point{.kind = begun.empty() ? Point::Kind::kAfter : Point::Kind::kDuring,
              .step = begun.empty() ? answered->step : begun,
              .may_time_out = state_.deadline && !state_.timed_out};
  if (known_points_.emplace(point.kind, point.step).second) points.push_back(std::move(point));
}

void World::note(const saga::Event& event) {
  auto line = line_of(event.data);
  if (line) note(line->step, std::move(line->words), line->kind);
}

void World::note(std::string_view step, std::string words, Line::Kind kind) {
  run_.lines.push_back({.at = std::chrono::duration_cast<Millis>(now_ - from_millis(kStartMillis)),
                        .kind = kind,
                        .step = std::string(step),
                        .words = std::move(words)});
}

void World::end() {
  const bool is_parked = saga::has_blocking_incident(state_);
  if (saga::is_terminal(state_.phase)) {
    run_.ending = ending_of(state_);
  } else {
    run_.ending = is_parked && !is_at_bound() ? Ending::kParked : Ending::kUnfinished;
    const auto listening = saga::subscriptions_of(state_);
    if (run_.ending == Ending::kUnfinished && !is_at_bound() && !listening.empty()) {
      run_.waits_for = listening.front().step;
    }
  }
  run_.duration = now_ - from_millis(kStartMillis);
  run_.standing = participants_.ledger().standing();
  run_.state = std::move(state_);
}

Run play(const Subject& subject, const Schedule& schedule) {
  return World(subject, schedule).play();
}

}  // namespace skald::dry_run

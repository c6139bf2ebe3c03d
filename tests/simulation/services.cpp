#include "tests/simulation/services.hpp"

#include <algorithm>

#include "engine/saga/path.hpp"
#include "tests/simulation/database.hpp"

namespace skald::simulation {
namespace {

constexpr std::size_t kIdLength = 36;

saga::Answer done(const std::string& step) {
  return {.outcome = saga::AttemptOutcome::kDone,
          .status = 200,
          .body = Payload::from_trusted_text(fmt::format(R"({{"of":"{}"}})", step))};
}

saga::Answer refused(int status) {
  return {.outcome = saga::AttemptOutcome::kRefused,
          .status = status,
          .body = {},
          .error_type = "communication",
          .title = "refused"};
}

}  // namespace

std::string_view path_of_key(std::string_view key) {
  return key.substr(kIdLength + 1);
}

ExecutionId owner_of_key(std::string_view key) {
  return parse_execution_id(key.substr(0, kIdLength)).value();
}

bool is_event(const ports::ParticipantCall& call) {
  return call.request->adapter == "audit";
}

const std::vector<std::string>& Services::heard(const ExecutionId& execution) const {
  static const std::vector<std::string> kNothing;
  const auto it = heard_.find(execution);
  return it == heard_.end() ? kNothing : it->second;
}

// An event that is refused is sent again.
saga::Answer Services::hear(const ports::ParticipantCall& call) {
  const std::string step(path_of_key(call.key));
  world_.note("service", "{} hears {} #{}", short_id(call.execution), step, call.attempt);
  if (faults_.happens(Fault::kRefused)) return refused(422);
  auto& heard = heard_[call.execution];
  if (std::ranges::find(heard, step) == heard.end()) heard.push_back(step);
  return done(step);
}

saga::Answer Services::receive(const ports::ParticipantCall& call) {
  if (is_event(call)) return hear(call);
  ++order_;
  const auto known = known_.find(call.key);
  if (known != known_.end()) {
    world_.note("service", "{} {} #{} is known: {}", short_id(call.execution), path_of_key(call.key), call.attempt,
                known->second.answer.status);
    return known->second.answer;
  }
  const bool undoes = call.action == saga::Action::kCompensate;
  auto answer = undoes ? undo(call) : execute(call);
  world_.note("service", "{} {} #{} gets {}", short_id(call.execution), path_of_key(call.key), call.attempt,
              answer.status);
  // An undo that was refused may be taken another time; everything else is answered the same for ever.
  if (undoes && answer.outcome == saga::AttemptOutcome::kRefused) return answer;
  known_[call.key] = Known{answer, order_};
  return answer;
}

saga::Answer Services::execute(const ports::ParticipantCall& call) {
  auto& effect = effects_[{owner_of_key(call.key), call.step}];
  if (effect.undone && tombstones_) return refused(409);
  if (faults_.happens(Fault::kRefused)) return refused(422);
  effect.stands = true;
  ++effect.times;
  return done(call.step);
}

saga::Answer Services::undo(const ports::ParticipantCall& call) {
  if (faults_.happens(Fault::kUndoRefused)) return refused(422);
  // Telling somebody of it undoes nothing.
  if (call.request->adapter == "notifications") return done(call.step);
  const auto owner = owner_of_key(call.key);
  auto& effect = effects_[{owner, call.step}];
  if (effect.undo_order == 0) effect.undo_order = order_;
  effect.undone = true;
  effect.stands = false;
  // The undo of a `do` covers what was done inside it.
  for (auto it = effects_.upper_bound({owner, call.step + "."});
       it != effects_.end() && it->first.first == owner && it->first.second.starts_with(call.step + "."); ++it) {
    it->second.stands = false;
  }
  return done(call.step);
}

bool Services::applied(const std::string& key) const {
  const auto it = known_.find(key);
  return it != known_.end() && it->second.answer.outcome == saga::AttemptOutcome::kDone;
}

std::uint64_t Services::applied_order(const std::string& key) const {
  return applied(key) ? known_.find(key)->second.order : 0;
}

}  // namespace skald::simulation

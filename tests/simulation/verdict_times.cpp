#include "tests/simulation/verdict_times.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace skald::simulation {
namespace {

class Dues {
 public:
  void take(const saga::Event& event) {
    at_ = event.at;
    std::visit([this](const auto& e) { on(e); }, event.data);
  }

  std::vector<std::string> early;

 private:
  using Due = std::map<std::string, Timestamp>;  // by step; "": the workflow's

  void on(const saga::ExecutionStarted& e) {
    if (e.deadline) deadlines_[""] = *e.deadline;
  }
  void on(const saga::StepStarted& e) {
    if (e.deadline) deadlines_[e.step] = *e.deadline;
    if (e.wait_until) waits_[e.step] = *e.wait_until;
    if (e.attempt_limit) limits_[e.step] = *e.attempt_limit;
    if (e.attempt_limit) rounds_[e.step] = at_ + *e.attempt_limit;
  }
  void on(const saga::RetryScheduled& e) {
    attempts_[{e.step, e.attempt}] = e.at;
    if (limits_.contains(e.step)) rounds_[e.step] = e.at + limits_.at(e.step);
  }
  void on(const saga::AttemptStarted& e) {
    const auto due = attempts_.find({e.step, e.attempt});
    if (due == attempts_.end() || at_ >= due->second) return;
    early.push_back(fmt::format("attempt {} of {} began early", e.attempt, e.step));
  }
  void on(const saga::TimeoutReached& e) { comes(e.attempt == 0 ? deadlines_ : rounds_, e.step, "time"); }
  void on(const saga::StepCompleted& e) { comes(waits_, e.step, "wait"); }
  template <class Other>
  void on(const Other&) {}

  void comes(const Due& due, const std::string& step, std::string_view what) {
    const auto it = due.find(step);
    if (it != due.end() && at_ < it->second) early.push_back(fmt::format("the {} of '{}' was over early", what, step));
  }

  Timestamp at_{};
  Due deadlines_;
  Due waits_;
  Due rounds_;                            // of a `try` whose attempts are limited
  std::map<std::string, Millis> limits_;  // of which each is so long
  std::map<std::pair<std::string, std::uint32_t>, Timestamp> attempts_;
};

}  // namespace

std::vector<std::string> what_came_early(const std::vector<saga::Event>& events) {
  Dues dues;
  for (const auto& event : events) dues.take(event);
  return std::move(dues.early);
}

}  // namespace skald::simulation

// Work that a participant has accepted (202) and not ended yet: its Location is asked until it has, or until the
// attempt's deadline. Each question waits for its turn like a call; between two of them nothing is held.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "adapters/http/lane.hpp"
#include "engine/base/invariant.hpp"
#include "engine/expression/environment.hpp"

namespace skald::adapters {
namespace {

// `.` is all there is.
class NoVariables final : public expression::Environment {
 public:
  std::optional<Found> resolve(std::string_view, std::span<const std::string>) const override { return std::nullopt; }
};

// The work was accepted, so whatever keeps its end from being known leaves it unknown.
saga::Answer unknown(Failure kind, std::string error_type, std::string title, std::string detail = {}) {
  return answer_from({.kind = kind,
                      .sent = true,
                      .error_type = std::move(error_type),
                      .title = std::move(title),
                      .detail = std::move(detail)});
}

saga::Answer not_ended_in_time() {
  return unknown(Failure::kTimeout, "timeout", "the participant accepted the work and has not ended it in time");
}

// Credentials go where the work went, and nowhere else.
std::optional<std::string> target_at(std::string_view location, const Origin& origin) {
  if (location.starts_with('/') && !location.starts_with("//") && is_target(location)) return std::string(location);
  auto url = parse_url(location);
  if (!url || url->origin != origin) return std::nullopt;
  return std::move(url->target);
}

Result<bool> has_ended(const PollSettings& settings, const saga::Answer& answer) {
  if (!settings.until) return answer.status != 202;
  return settings.until->evaluate_condition(answer.body.json(), NoVariables());
}

}  // namespace

void Lane::begin_polling(Job job, saga::Answer accepted, std::string_view location, std::optional<Millis> hint) {
  const PollSettings& settings = *job.operation->poll;
  if (location.empty()) {
    const bool has_body = settings.until && accepted.outcome == saga::AttemptOutcome::kDone;
    if (has_body && has_ended(settings, accepted).value_or(false)) return job.done(std::move(accepted));
    return job.done(unknown(Failure::kMalformed, "communication",
                            "the participant answered 202 without a Location where its work can be asked after"));
  }
  auto target = target_at(location, target_.origin);
  if (!target) {
    return job.done(unknown(Failure::kMalformed, "communication",
                            "the participant answered 202 with a Location that is not asked: it must be a path, or a "
                            "URL of the adapter's own scheme, host and port",
                            std::string(location)));
  }
  job.polling =
      Polling{.settings = settings, .origin = target_.origin, .deadline = job.deadline, .deadline_at = job.deadline_at};
  job.operation = nullptr;  // its outcomes are those of the work, not of a question
  saga::Request question;
  question.adapter = job.call.request->adapter;
  question.operation = job.call.request->operation;
  question.method = "GET";
  question.target = std::move(*target);
  job.call.request = std::make_shared<const saga::Request>(std::move(question));
  job.call.key.clear();
  pause(std::move(job), hint);
}

void Lane::pause(Job job, std::optional<Millis> hint) {
  const Steady now = context_.ports.clock.steady();
  const Steady due = now + std::max<Steady>(job.polling->settings.every, hint.value_or(Millis(0)));
  const Steady deadline = job.polling->deadline;
  Pause& pause = polls_.emplace_back(*this, std::move(job));
  context_.wheel.arm(pause, std::min(due, deadline));
}

void Lane::ask_again(Pause& pause) {
  Job job = std::move(pause.job);
  polls_.remove_if([&](const Pause& one) { return &one == &pause; });
  const bool is_ours = !job.call.ownership || job.call.ownership->is_ours(job.call.execution, job.call.epoch);
  if (!is_ours) return job.done(unknown(Failure::kTimeout, "timeout", "another node goes on with the execution"));
  if (job.polling->origin != target_.origin) {
    return job.done(unknown(Failure::kLost, "communication",
                            "the adapter has moved to another host, port or scheme than that which accepted the work"));
  }
  if (context_.ports.clock.steady() >= job.polling->deadline) return job.done(not_ended_in_time());
  job.overdue = std::make_unique<Overdue>(*this);
  context_.wheel.arm(*job.overdue, job.polling->deadline);
  queue_.push_back(std::move(job));
  const auto alive = alive_;
  const auto refresh = context_.refresh;  // may end the lane
  refresh();
  if (*alive) pump();
}

void Lane::end_question(const Overdue& overdue) {
  const auto waiting = std::ranges::find_if(queue_, [&](const Job& job) { return job.overdue.get() == &overdue; });
  SKALD_INVARIANT(waiting != queue_.end());
  Job job = std::move(*waiting);
  queue_.erase(waiting);
  job.done(not_ended_in_time());
}

void Lane::heard(Job job, saga::Answer answer, std::optional<Millis> hint) {
  if (answer.retryable) return pause(std::move(job), hint);
  if (answer.outcome != saga::AttemptOutcome::kDone) {
    return job.done(unknown(Failure::kMalformed, "communication",
                            fmt::format("asked after the work it had accepted, {}", answer.title),
                            std::move(answer.detail)));
  }
  const auto ended = has_ended(job.polling->settings, answer);
  if (!ended) {
    return job.done(unknown(Failure::kMalformed, "expression",
                            "poll.until of the operation cannot be told of the participant's answer",
                            ended.error().message));
  }
  if (!*ended) return pause(std::move(job), hint);
  job.done(std::move(answer));
}

}  // namespace skald::adapters

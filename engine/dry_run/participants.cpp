#include "engine/dry_run/participants.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/duration.hpp"
#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

constexpr int kDoneStatus = 200;
constexpr int kRefusedStatus = 409;

Reply refused(std::string words) {
  return {.answer = {.outcome = saga::AttemptOutcome::kRefused,
                     .status = kRefusedStatus,
                     .body = {},
                     .error_type = "communication",
                     .title = fmt::format("the participant answered {}", kRefusedStatus),
                     .detail = {},
                     .retry_after = {}},
          .after = kLatency,
          .words = std::move(words)};
}

Reply unanswered(const saga::SendRequest& request, std::string words) {
  return {.answer = {.outcome = saga::AttemptOutcome::kUnknown,
                     .retryable = true,
                     .body = {},
                     .error_type = "timeout",
                     .title = fmt::format("no answer within {}", format_duration(request.timeout)),
                     .detail = {},
                     .retry_after = {}},
          .after = request.timeout,
          .words = std::move(words)};
}

Reply crash(std::string words) {
  return {.answer = {}, .crashes = true, .words = std::move(words)};
}

}  // namespace

// The trouble of this very attempt.
Trouble Participants::trouble_of(const saga::SendRequest& request) {
  const Trouble trouble = schedule_.trouble_of(request.step);
  if (request.settling) return trouble == Trouble::kLost ? Trouble::kRefused : Trouble::kNone;
  const std::uint32_t attempt = ++received_[request.step];
  switch (trouble) {
    case Trouble::kNone:
    case Trouble::kRefused:
      return trouble;
    case Trouble::kUnknown:
    case Trouble::kLost: {
      const std::uint32_t last = saga::is_in_undo(request.step) ? 1 : kUnansweredMax;
      return attempt <= last ? trouble : Trouble::kNone;
    }
    case Trouble::kSlow:
    case Trouble::kCrash:
    case Trouble::kCrashBefore:
      return attempt == 1 ? trouble : Trouble::kNone;
  }
  return trouble;
}

Payload Participants::output_of(const saga::SendRequest& request) {
  const auto known = answered_.find(request.key);
  if (known != answered_.end()) return known->second;
  return answered_.emplace(request.key, next_output(request.step)).first->second;
}

Payload Participants::next_output(const std::string& step) {
  const std::string path = saga::static_path(step);
  const auto outputs = subject_.outputs.find(path);
  if (outputs == subject_.outputs.end() || outputs->second.empty()) return Payload::from_trusted_text("{}");
  const std::size_t number = answers_given_[path]++;
  return outputs->second[std::min(number, outputs->second.size() - 1)];
}

std::optional<Payload> Participants::event_for(const std::string& step) {
  if (schedule_.trouble_of(step) == Trouble::kLost) return std::nullopt;
  return next_output(step);
}

Reply Participants::arrive(const saga::SendRequest& request) {
  if (!ledger_.arrive(request)) return refused("refused (409): its undo came first");
  return {.answer = {.outcome = saga::AttemptOutcome::kDone,
                     .status = kDoneStatus,
                     .body = output_of(request),
                     .error_type = {},
                     .title = {},
                     .detail = {},
                     .retry_after = {}},
          .after = std::min(kLatency, request.timeout / 2),
          .words = "done"};
}

// What another execution makes of it, as the step that runs it hears.
Reply Participants::run(const saga::SendRequest& request) {
  const bool undoes = request.request->undoes.has_value();
  const Trouble trouble = trouble_of(request);
  if (trouble == Trouble::kRefused || trouble == Trouble::kLost) {
    return refused(undoes ? "could not undo itself" : "failed, and left nothing");
  }
  Reply reply = arrive(request);
  if (reply.answer.outcome == saga::AttemptOutcome::kDone) reply.words = undoes ? "undid itself" : "completed";
  if (trouble == Trouble::kUnknown && !undoes) {
    reply = refused("failed, and left effects");
    reply.answer.outcome = saga::AttemptOutcome::kUnknown;
  }
  reply.crashes = trouble == Trouble::kCrash || trouble == Trouble::kCrashBefore;
  if (reply.crashes) reply.words += "; the engine has crashed meanwhile";
  return reply;
}

Reply Participants::receive(const saga::SendRequest& request) {
  ledger_.note_sent(request);
  if (request.request->is_to_engine()) return run(request);
  switch (trouble_of(request)) {
    case Trouble::kRefused:
      return refused("refused (409)");
    case Trouble::kUnknown:
      arrive(request);
      return unanswered(request, "no answer, though it took effect");
    case Trouble::kLost:
      return unanswered(request, "no answer, and it never arrived");
    case Trouble::kSlow: {
      Reply reply = arrive(request);
      reply.after = request.timeout - Millis(1);
      reply.words += ", slowly";
      return reply;
    }
    case Trouble::kCrash:
      arrive(request);
      return crash("the engine crashes, after it took effect");
    case Trouble::kCrashBefore:
      return crash("the engine crashes before it is sent");
    case Trouble::kNone:
      break;
  }
  return arrive(request);
}

}  // namespace skald::dry_run

#include "adapters/http/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/http/answer_output.hpp"
#include "adapters/http/retry_after.hpp"

namespace skald::adapters {
namespace {

using saga::AttemptOutcome;

constexpr std::size_t kDetailBytesMax = 2 * 1024;

bool holds(const std::vector<int>& statuses, int status) {
  return std::ranges::find(statuses, status) != statuses.end();
}

std::string cut_at_character(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  text.resize(bytes_max);
  return text;
}

}  // namespace

StatusMeaning meaning_of(int status, const OutcomeRules& rules) {
  if (holds(rules.done, status)) return {AttemptOutcome::kDone, false};
  if (holds(rules.refused, status)) return {AttemptOutcome::kRefused, false};
  if (holds(rules.retry, status)) return {AttemptOutcome::kUnknown, true};
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return {AttemptOutcome::kUnknown, true};
    default:
      break;
  }
  if (status / 100 == 2) return {AttemptOutcome::kDone, false};
  if (status / 100 == 4) return {AttemptOutcome::kRefused, false};
  return {AttemptOutcome::kUnknown, false};
}

saga::Answer answer_from(Response& response, const saga::Request& request, const OutcomeRules& rules, Timestamp now) {
  StatusMeaning meaning = meaning_of(response.status, rules);
  if (request.redirect && response.status / 100 == 3) meaning = {AttemptOutcome::kDone, false};
  saga::Answer answer;
  answer.outcome = meaning.outcome;
  answer.retryable = meaning.retryable;
  answer.status = response.status;
  if (meaning.outcome == AttemptOutcome::kDone) {
    auto output = output_of(response, request);
    if (output) {
      answer.body = std::move(*output);
      return answer;
    }
    answer.outcome = AttemptOutcome::kUnknown;
    answer.error_type = "communication";
    answer.title = fmt::format("the participant answered {}, but its body is not usable: {}", response.status,
                               output.error().message);
    answer.detail = std::move(output.error().detail);
    return answer;
  }
  answer.error_type = "communication";
  answer.title = fmt::format("the participant answered {}", response.status);
  if (!response.is_encoded) answer.detail = cut_at_character(std::move(response.body), kDetailBytesMax);
  if (meaning.retryable) answer.retry_after = parse_retry_after(response.retry_after, now);
  return answer;
}

saga::Answer answer_from(FailureReport report) {
  const bool refused = !report.sent;
  saga::Answer answer;
  answer.outcome = refused ? AttemptOutcome::kRefused : AttemptOutcome::kUnknown;
  answer.retryable =
      report.kind == Failure::kNotSent || report.kind == Failure::kTimeout || report.kind == Failure::kLost;
  answer.sent = report.sent;
  answer.error_type = std::move(report.error_type);
  answer.title = std::move(report.title);
  answer.detail = cut_at_character(std::move(report.detail), kDetailBytesMax);
  return answer;
}

std::string_view label_of(Failure kind) {
  switch (kind) {
    case Failure::kNotSent:
      return "not_sent";
    case Failure::kRefused:
      return "refused_here";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kLost:
      return "lost";
    case Failure::kMalformed:
      return "malformed";
    case Failure::kTooLarge:
      return "too_large";
  }
  return "unknown";
}

}  // namespace skald::adapters

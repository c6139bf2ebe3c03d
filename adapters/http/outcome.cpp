#include "adapters/http/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/http/retry_after.hpp"
#include "engine/base/json.hpp"

namespace skald::adapters {
namespace {

using saga::AttemptOutcome;

constexpr std::size_t kDetailBytesMax = 2 * 1024;

bool holds(const std::vector<int>& statuses, int status) {
  return std::ranges::find(statuses, status) != statuses.end();
}

bool is_json_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  std::string lower(type);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower == "application/json" || lower == "text/json" || lower.ends_with("+json");
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Whole text only: the end of a number or of free text that the end of a connection cut is not to be seen.
bool ends_itself(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[' || text[first] == '"');
}

std::string cut_at_character(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  text.resize(bytes_max);
  return text;
}

// The step's output, or why it cannot be one.
Result<Payload> output_of(Response& response) {
  if (response.is_encoded) return failure("answer.encoded", "the body has a Content-Encoding that was not asked for");
  const bool is_json = is_json_type(response.content_type);
  if (response.ended_by_close && !ends_itself(response.body)) {
    return failure("answer.open_end", "the answer has no length, so its end is not to be told from a lost connection");
  }
  if (is_blank(response.body)) return Payload();
  auto error = check_json(response.body);
  if (!error) return Payload::from_trusted_text(std::move(response.body));
  if (is_json || response.ended_by_close) return std::unexpected(std::move(*error));
  std::string text;
  append_json_string(text, response.body);
  return Payload::from_trusted_text(std::move(text));
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

saga::Answer answer_from(Response& response, const OutcomeRules& rules, Timestamp now) {
  const StatusMeaning meaning = meaning_of(response.status, rules);
  saga::Answer answer;
  answer.outcome = meaning.outcome;
  answer.retryable = meaning.retryable;
  answer.status = response.status;
  if (meaning.outcome == AttemptOutcome::kDone) {
    auto output = output_of(response);
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

#include "engine/definition/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace skald::definition {
namespace {

struct Neighbour {
  MapKind kind;
  std::string_view word;  // lower case, without '-' and '_'
  std::string_view ours;
};

// Temporal, Step Functions, Google Workflows, Conductor, Seata, DTM, Kestra, Argo, GitHub Actions, and the
// specification's own 0.8 and 0.9.
constexpr std::array kNeighbours = std::to_array<Neighbour>({
    {MapKind::kWorkflow, "states", "do"},
    {MapKind::kWorkflow, "steps", "do"},
    {MapKind::kWorkflow, "tasks", "do"},
    {MapKind::kWorkflow, "jobs", "do"},
    {MapKind::kWorkflow, "functions", "use.functions"},
    {MapKind::kWorkflow, "retries", "use.retries"},
    {MapKind::kWorkflow, "errors", "use.errors"},
    {MapKind::kWorkflow, "timeouts", "use.timeouts"},
    {MapKind::kWorkflow, "timeoutseconds", "timeout.after"},
    {MapKind::kWorkflow, "id", "document.name"},
    {MapKind::kWorkflow, "name", "document.name"},
    {MapKind::kWorkflow, "version", "document.version"},
    {MapKind::kWorkflow, "namespace", "document.namespace"},
    {MapKind::kWorkflow, "dsl", "document.dsl"},
    {MapKind::kWorkflow, "inputs", "input"},
    {MapKind::kWorkflow, "outputs", "output"},
    {MapKind::kWorkflow, "compensation", "saga.compensation"},
    {MapKind::kUse, "retry", "retries"},
    {MapKind::kUse, "retrypolicies", "retries"},
    {MapKind::kSaga, "compensate", "compensation"},
    {MapKind::kSaga, "rollback", "compensation"},
    {MapKind::kStep, "functionref", "call"},
    {MapKind::kStep, "resource", "call"},
    {MapKind::kStep, "uses", "call"},
    {MapKind::kStep, "type", "call"},
    {MapKind::kStep, "action", "call"},
    {MapKind::kStep, "activity", "call"},
    {MapKind::kStep, "args", "with"},
    {MapKind::kStep, "arguments", "with"},
    {MapKind::kStep, "parameters", "with"},
    {MapKind::kStep, "params", "with"},
    {MapKind::kStep, "inputparameters", "with"},
    {MapKind::kStep, "body", "with"},
    {MapKind::kStep, "httprequest", "with"},
    {MapKind::kStep, "result", "$steps.<name>.output"},
    {MapKind::kStep, "resultpath", "export"},
    {MapKind::kStep, "assign", "export"},
    {MapKind::kStep, "outputs", "output"},
    {MapKind::kStep, "condition", "if"},
    {MapKind::kStep, "when", "if"},
    {MapKind::kStep, "choice", "switch"},
    {MapKind::kStep, "parallel", "fork"},
    {MapKind::kStep, "foreach", "for"},
    {MapKind::kStep, "map", "for"},
    {MapKind::kStep, "loop", "for"},
    {MapKind::kStep, "subflow", "run"},
    {MapKind::kStep, "steps", "do"},
    {MapKind::kStep, "tasks", "do"},
    {MapKind::kStep, "retries", "retry"},
    {MapKind::kStep, "retrypolicy", "retry"},
    {MapKind::kStep, "retryref", "retry"},
    {MapKind::kStep, "retrystrategy", "retry"},
    {MapKind::kStep, "retrycount", "retry.limit.attempt.count"},
    {MapKind::kStep, "maxattempts", "retry.limit.attempt.count"},
    {MapKind::kStep, "maximumattempts", "retry.limit.attempt.count"},
    {MapKind::kStep, "retrylimit", "retry.limit.attempt.count"},
    {MapKind::kStep, "timeouts", "timeout"},
    {MapKind::kStep, "timeoutseconds", "timeout.after"},
    {MapKind::kStep, "timeoutminutes", "timeout.after"},
    {MapKind::kStep, "starttoclosetimeout", "timeout.after"},
    {MapKind::kStep, "scheduletoclosetimeout", "retry.limit.duration"},
    {MapKind::kStep, "compensatedby", "compensate"},
    {MapKind::kStep, "compensatestate", "compensate"},
    {MapKind::kStep, "compensation", "compensate"},
    {MapKind::kStep, "compensatewith", "compensate"},
    {MapKind::kStep, "undo", "compensate"},
    {MapKind::kStep, "rollback", "compensate"},
    {MapKind::kStep, "failureworkflow", "compensate"},
    {MapKind::kStep, "optional", "onError: continue"},
    {MapKind::kStep, "allowfailure", "onError: continue"},
    {MapKind::kStep, "continueon", "onError: continue"},
    {MapKind::kStep, "continueonerror", "onError: continue"},
    {MapKind::kStep, "catch", "onError"},
    {MapKind::kStep, "except", "onError"},
    {MapKind::kStep, "onfailure", "onError"},
    {MapKind::kStep, "pointofnoreturn", "pivot"},
    {MapKind::kStep, "label", "status"},
    {MapKind::kStep, "labels", "status"},
    {MapKind::kStep, "next", "then"},
    {MapKind::kStep, "transition", "then"},
    {MapKind::kRetry, "maxattempts", "limit.attempt.count"},
    {MapKind::kRetry, "maximumattempts", "limit.attempt.count"},
    {MapKind::kRetry, "maxretries", "limit.attempt.count"},
    {MapKind::kRetry, "maxretry", "limit.attempt.count"},
    {MapKind::kRetry, "retrycount", "limit.attempt.count"},
    {MapKind::kRetry, "retries", "limit.attempt.count"},
    {MapKind::kRetry, "attempts", "limit.attempt.count"},
    {MapKind::kRetry, "count", "limit.attempt.count"},
    {MapKind::kRetry, "limits", "limit"},
    {MapKind::kRetry, "maxduration", "limit.duration"},
    {MapKind::kRetry, "scheduletoclosetimeout", "limit.duration"},
    {MapKind::kRetry, "initialinterval", "delay"},
    {MapKind::kRetry, "initialdelay", "delay"},
    {MapKind::kRetry, "interval", "delay"},
    {MapKind::kRetry, "intervalseconds", "delay"},
    {MapKind::kRetry, "retrydelayseconds", "delay"},
    {MapKind::kRetry, "backoffrate", "backoff.exponential.multiplier"},
    {MapKind::kRetry, "backoffcoefficient", "backoff.exponential.multiplier"},
    {MapKind::kRetry, "multiplier", "backoff.exponential.multiplier"},
    {MapKind::kRetry, "factor", "backoff.exponential.multiplier"},
    {MapKind::kRetry, "maxdelay", "backoff.exponential.maxDelay"},
    {MapKind::kRetry, "maxdelayseconds", "backoff.exponential.maxDelay"},
    {MapKind::kRetry, "maximuminterval", "backoff.exponential.maxDelay"},
    {MapKind::kRetry, "maxretrydelayseconds", "backoff.exponential.maxDelay"},
    {MapKind::kRetry, "increment", "backoff.linear.increment"},
    {MapKind::kBackoff, "backoffrate", "multiplier"},
    {MapKind::kBackoff, "backoffcoefficient", "multiplier"},
    {MapKind::kBackoff, "factor", "multiplier"},
    {MapKind::kBackoff, "rate", "multiplier"},
    {MapKind::kBackoff, "maximuminterval", "maxDelay"},
    {MapKind::kBackoff, "maxinterval", "maxDelay"},
    {MapKind::kBackoff, "limit", "maxDelay"},
    {MapKind::kTimeout, "seconds", "after"},
    {MapKind::kTimeout, "duration", "after"},
    {MapKind::kSchema, "type", "document.type"},
    {MapKind::kSchema, "properties", "document.properties"},
    {MapKind::kSchema, "required", "document.required"},
    {MapKind::kSchema, "schema", "document"},
    {MapKind::kHttp, "authentication", "endpoint: {uri, authentication}"},
    {MapKind::kHttp, "auth", "endpoint: {uri, authentication}"},
    {MapKind::kHttp, "url", "endpoint"},
    {MapKind::kHttp, "uri", "endpoint"},
    {MapKind::kHttp, "params", "query"},
    {MapKind::kHttp, "parameters", "query"},
    {MapKind::kHttp, "json", "body"},
    {MapKind::kHttp, "data", "body"},
    {MapKind::kHttp, "payload", "body"},
    {MapKind::kOpenapi, "operation", "operationId"},
    {MapKind::kOpenapi, "endpoint", "document"},
    {MapKind::kOpenapi, "url", "document"},
    {MapKind::kOpenapi, "params", "parameters"},
    {MapKind::kOpenapi, "arguments", "parameters"},
    {MapKind::kOpenapi, "query", "parameters"},
    {MapKind::kOpenapi, "headers", "parameters"},
    {MapKind::kOpenapi, "body", "parameters.body"},
});

std::string plain_form(std::string_view word) {
  std::string plain;
  for (const char c : word) {
    if (c != '-' && c != '_') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

constexpr std::size_t kWordMax = 64;

// Damerau-Levenshtein with adjacent swaps (optimal string alignment) of words up to kWordMax; `limit` where the
// distance is that or more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() + limit <= b.size() || b.size() + limit <= a.size()) return limit;
  using Row = std::array<std::size_t, kWordMax + 1>;
  Row before_last{}, last{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
      least = std::min(least, current[j]);
    }
    if (least > limit) return limit;  // a swap can win one back
    before_last = last;
    last = current;
  }
  return std::min(last[b.size()], limit);
}

}  // namespace

std::optional<std::string_view> neighbour_spelling(MapKind kind, std::string_view word) {
  const std::string plain = plain_form(word);
  for (const Neighbour& neighbour : kNeighbours) {
    if (neighbour.kind == kind && neighbour.word == plain) return neighbour.ours;
  }
  return std::nullopt;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kWordMax) return std::nullopt;
  const std::string plain = plain_form(word);
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kWordMax) continue;
    const std::size_t distance = edit_distance(plain, plain_form(candidate), best_distance);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace skald::definition

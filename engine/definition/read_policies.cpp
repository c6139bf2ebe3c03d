#include "engine/definition/read_policies.hpp"

#include "engine/definition/read_extension.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/duration.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_authentication.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/function_call.hpp"

namespace skald::definition {
namespace {

constexpr std::int64_t kAttemptsMax = 1'000'000;
constexpr double kMultiplierMax = 100;

std::optional<Duration> read_retry_duration(LoadContext& context, const Node& node, const Scope& scope) {
  return read_told_duration(context, node, scope, Slot::kRetry);
}

void read_backoff_detail(LoadContext& context, const Node& node, const Scope& scope, RetryPolicy& policy) {
  MapReader map(context, node, MapKind::kBackoff);
  if (policy.backoff == RetryPolicy::Backoff::kExponential) {
    if (const Node* value = map.take("multiplier")) {
      policy.multiplier = read_number(context, *value, 1, kMultiplierMax).value_or(policy.multiplier);
    }
  }
  if (policy.backoff == RetryPolicy::Backoff::kLinear) {
    if (const Node* value = map.take("increment")) {
      policy.increment = read_retry_duration(context, *value, scope).value_or(policy.increment);
    }
  }
  if (policy.backoff != RetryPolicy::Backoff::kConstant) {
    if (const Node* value = map.take("maxDelay")) policy.delay_max = read_retry_duration(context, *value, scope);
  }
  map.finish();
}

void read_backoff(LoadContext& context, const Node& node, const Scope& scope, RetryPolicy& policy) {
  MapReader map(context, node, MapKind::kBackoff);
  const Node* constant = map.take("constant");
  const Node* linear = map.take("linear");
  const Node* exponential = map.take("exponential");
  map.finish();
  if (!node.is_map()) return;
  if ((constant != nullptr) + (linear != nullptr) + (exponential != nullptr) != 1) {
    context.report.error("bad-backoff", node, "must have exactly one of constant, linear, exponential");
    return;
  }
  const Node* detail = constant != nullptr ? constant : linear != nullptr ? linear : exponential;
  policy.backoff = constant != nullptr ? RetryPolicy::Backoff::kConstant
                   : linear != nullptr ? RetryPolicy::Backoff::kLinear
                                       : RetryPolicy::Backoff::kExponential;
  if (!detail->is_null()) read_backoff_detail(context, *detail, scope, policy);
}

void read_attempt_limit(LoadContext& context, const Node& node, const Scope& scope, RetryPolicy& policy) {
  MapReader map(context, node, MapKind::kRetry);
  if (const Node* value = map.take("count")) {
    if (const auto count = read_integer(context, *value, 1, kAttemptsMax)) {
      policy.attempt_count = static_cast<std::uint32_t>(*count);
    }
  }
  if (const Node* value = map.take("duration")) {
    policy.attempt_duration = read_told_duration(context, *value, scope, Slot::kArguments);
    if (constant(policy.attempt_duration) == Millis(0) && !context.options.is_stored) {
      context.report.error("out-of-range", *value, "must be longer than zero");
    }
  }
  map.finish();
}

void read_limit(LoadContext& context, const Node& node, const Scope& scope, RetryPolicy& policy) {
  MapReader map(context, node, MapKind::kRetry);
  if (const Node* value = map.take("attempt")) read_attempt_limit(context, *value, scope, policy);
  if (const Node* value = map.take("duration")) policy.duration = read_retry_duration(context, *value, scope);
  map.finish();
}

void read_jitter(LoadContext& context, const Node& node, const Scope& scope, RetryPolicy& policy) {
  MapReader map(context, node);
  const Node* from = map.require("from");
  const Node* to = map.require("to");
  map.finish();
  if (from != nullptr) policy.jitter_from = read_retry_duration(context, *from, scope).value_or(Millis(0));
  if (to == nullptr) return;
  const auto limit = read_retry_duration(context, *to, scope);
  if (!limit) return;
  policy.jitter_to = *limit;
  const auto least = constant(policy.jitter_from), most = constant(policy.jitter_to);
  if (least && most && *most < *least) {
    context.report.error(
        "out-of-range", *to,
        fmt::format("must be at least jitter.from, {} (got {})", format_duration(*least), format_duration(*most)));
  }
}

template <class Named>
std::vector<std::string> names_of(const Named& named) {
  std::vector<std::string> names;
  for (const auto& entry : named) names.push_back(entry.first);
  return names;
}

std::optional<std::string> read_label(LoadContext& context, const Node& node) {
  constexpr std::size_t kLabelMax = 64;
  auto text = read_text(context, node);
  if (text && (text->empty() || text->size() > kLabelMax)) {
    context.report.error("out-of-range", node,
                         fmt::format("must have 1 to {} bytes (got {})", kLabelMax, text->size()));
  }
  return text;
}

struct LabelKey {
  std::string_view key;
  std::optional<std::string> StatusLabels::* label;
};

StatusLabels read_labels(LoadContext& context, const Node& node, std::initializer_list<LabelKey> keys) {
  StatusLabels labels;
  MapReader map(context, node);
  for (const LabelKey& key : keys) {
    if (const Node* value = map.take(key.key)) labels.*key.label = read_label(context, *value);
  }
  map.finish();
  return labels;
}

// Each `name: value` of a map in `use`.
template <class Read>
void read_named(LoadContext& context, const Node* node, Read read) {
  if (node == nullptr) return;
  if (!node->is_map()) {
    context.report.error("wrong-type", *node, fmt::format("must be a map (got {})", describe(node->kind)));
    return;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) read(node->keys[i], node->items[i]);
}

}  // namespace

std::optional<RetryPolicy> read_retry_policy(LoadContext& context, const Node& node, const Scope& scope) {
  if (!node.is_map()) {
    context.report.error("wrong-type", node, fmt::format("must be a map (got {})", describe(node.kind)));
    return std::nullopt;
  }
  RetryPolicy policy;
  MapReader map(context, node, MapKind::kRetry);
  if (const Node* value = map.take("delay"))
    policy.delay = read_retry_duration(context, *value, scope).value_or(Millis(0));
  policy.increment = policy.delay;
  if (const Node* value = map.take("backoff")) read_backoff(context, *value, scope, policy);
  if (const Node* value = map.take("limit")) read_limit(context, *value, scope, policy);
  if (const Node* value = map.take("jitter")) read_jitter(context, *value, scope, policy);
  if (const Node* value = map.take("when")) policy.when = read_expression(context, *value, scope, Slot::kRetry);
  if (const Node* value = map.take("exceptWhen")) {
    policy.except_when = read_expression(context, *value, scope, Slot::kRetry);
  }
  map.finish();
  return policy;
}

std::optional<RetryPolicy> read_retry(LoadContext& context, const Node& node, const Scope& scope) {
  if (!node.is_string()) return read_retry_policy(context, node, scope);
  const auto found = context.retries.find(node.text);
  if (found != context.retries.end()) return found->second;
  context.report.error("unknown-retry", node,
                       fmt::format("names '{}', which is not in use.retries{}", node.text,
                                   context.report.hint(node.text, names_of(context.retries))));
  return std::nullopt;
}

namespace {

std::optional<Duration> read_timeout_policy(LoadContext& context, const Node& node, const Scope& scope, Slot slot) {
  MapReader map(context, node, MapKind::kTimeout);
  const Node* after = map.require("after");
  map.finish();
  if (after == nullptr) return std::nullopt;
  auto duration = read_told_duration(context, *after, scope, slot);
  if (constant(duration) == Millis(0)) context.report.error("out-of-range", *after, "must be longer than zero");
  return duration;
}

}  // namespace

std::optional<Duration> read_timeout(LoadContext& context, const Node& node, const Scope& scope, Slot slot) {
  if (!node.is_string()) return read_timeout_policy(context, node, scope, slot);
  const auto found = context.timeouts.find(node.text);
  if (found != context.timeouts.end()) return read_timeout_policy(context, *found->second, scope, slot);
  const std::string hint = parse_duration(node.text) ? fmt::format("; did you mean '{{after: {}}}'?", node.text)
                                                     : context.report.hint(node.text, names_of(context.timeouts));
  context.report.error("unknown-timeout", node,
                       fmt::format("names '{}', which is not in use.timeouts{}", node.text, hint));
  return std::nullopt;
}

std::optional<expression::ValueTemplate> read_error_object(LoadContext& context, const Node& node, const Scope& scope) {
  constexpr std::int64_t kStatusMin = 100;
  constexpr std::int64_t kStatusMax = 599;
  MapReader map(context, node);
  const Node* type = map.require("type");
  const Node* status = map.require("status");
  for (const Node* text : {type, map.take("title"), map.take("detail"), map.take("instance")}) {
    if (text != nullptr) read_text(context, *text);
  }
  if (status != nullptr) read_integer(context, *status, kStatusMin, kStatusMax);
  map.finish();
  if (!node.is_map()) return std::nullopt;
  return read_template(context, node, scope, Slot::kArguments);
}

StatusLabels read_step_status(LoadContext& context, const Node& node) {
  if (node.is_string()) return {.completed = read_label(context, node)};
  return read_labels(context, node,
                     {{"running", &StatusLabels::running},
                      {"completed", &StatusLabels::completed},
                      {"faulted", &StatusLabels::faulted},
                      {"compensating", &StatusLabels::compensating},
                      {"compensated", &StatusLabels::compensated}});
}

StatusLabels read_saga_status(LoadContext& context, const Node& node) {
  return read_labels(context, node,
                     {{"started", &StatusLabels::started},
                      {"completed", &StatusLabels::completed},
                      {"faulted", &StatusLabels::faulted},
                      {"compensating", &StatusLabels::compensating},
                      {"compensated", &StatusLabels::compensated},
                      {"cancelled", &StatusLabels::cancelled}});
}

void read_use(LoadContext& context, const Node& node) {
  MapReader map(context, node, MapKind::kUse);
  read_named(context, map.take("retries"), [&](const std::string& name, const Node& value) {
    context.retries.emplace(name, read_retry_policy(context, value, {}));
  });
  const std::size_t sites = context.sites.size();
  read_named(context, map.take("timeouts"), [&](const std::string& name, const Node& value) {
    context.timeouts.emplace(name, &value);
    read_timeout_policy(context, value, {}, Slot::kArguments);
  });
  context.sites.erase(context.sites.begin() + static_cast<std::ptrdiff_t>(sites),
                      context.sites.end());  // what they may look at is known where they are used
  read_named(context, map.take("errors"), [&](const std::string& name, const Node& value) {
    context.errors.emplace(name, read_error_object(context, value, {}));
  });
  read_use_of_secrets(context, map);
  read_functions(context, map.take("functions"));
  read_extensions(context, map.take("extensions"));
  map.refuse_for_good("catalogs", "a definition must not fetch code of others when it runs");
  map.finish();
}

}  // namespace skald::definition

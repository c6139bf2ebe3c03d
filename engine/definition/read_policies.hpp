// Readers of the policies in policies.hpp, where they stand inline or by a name of `use`.
#pragma once

#include <optional>

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// An inline policy. `scope` is the step's, or empty in `use`.
std::optional<RetryPolicy> read_retry_policy(LoadContext& context, const Node& node, const Scope& scope);

// An inline policy, or a name in use.retries.
std::optional<RetryPolicy> read_retry(LoadContext& context, const Node& node, const Scope& scope);

// {after: duration}, or a name in use.timeouts.
std::optional<Duration> read_timeout(LoadContext& context, const Node& node, const Scope& scope, Slot slot);

// A problem object {type, status, title?, detail?, instance?}.
std::optional<expression::ValueTemplate> read_error_object(LoadContext& context, const Node& node, const Scope& scope);

// LABEL (the label of `completed`), or a map of labels.
StatusLabels read_step_status(LoadContext& context, const Node& node);
StatusLabels read_saga_status(LoadContext& context, const Node& node);

// `use`: fills what the context has of it.
void read_use(LoadContext& context, const Node& node);

}  // namespace skald::definition

#include "engine/definition/read_document.hpp"

#include <fmt/format.h>

#include <chrono>

#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_extension.hpp"
#include "engine/definition/read_policies.hpp"
#include "engine/definition/read_schedule.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/semantic_version.hpp"
#include "engine/definition/steps/function_call.hpp"

namespace skald::definition {
namespace {

void check_dsl(LoadContext& context, const Node* node) {
  if (node == nullptr) return;
  const bool is_number = node->kind == Node::Kind::kInteger || node->kind == Node::Kind::kFloat;
  if (!is_number && !read_text(context, *node)) return;
  const auto version = parse_semantic_version(node->text);
  const std::string message = fmt::format("must be 1.0.x (got {}); this version runs '1.0.3'", show(*node));
  if (is_number) {
    context.report.error("wrong-type", *node, message);
  } else if (!version || version->major != 1 || version->minor != 0) {
    context.report.error("bad-dsl", *node, message);
  }
}

void read_header(LoadContext& context, const Node& node, Definition& definition) {
  MapReader map(context, node);
  check_dsl(context, map.require("dsl"));
  if (const Node* name = map.require("namespace"))
    definition.namespace_name = read_document_name(context, *name).value_or("");
  if (const Node* name = map.require("name")) definition.name = read_document_name(context, *name).value_or("");
  if (const Node* version = map.require("version")) {
    definition.version =
        read_version_text(context, *version, "must be a semantic version such as '1.0.0'").value_or("");
  }
  if (const Node* title = map.take("title")) definition.title = read_text(context, *title).value_or("");
  if (const Node* summary = map.take("summary")) definition.summary = read_text(context, *summary).value_or("");
  if (const Node* tags = map.take("tags")) MapReader(context, *tags);
  if (const Node* metadata = map.take("metadata")) {
    const MapReader is_map(context, *metadata);  // reports what is no map
    read_silences(context, *metadata, *node.parent);
  }
  map.finish();
}

void read_triggers(LoadContext& context, const Node& node, SagaOptions& saga) {
  if (!node.is_sequence()) {
    context.report.error("wrong-type", node,
                         fmt::format("must be a list of fault, timeout, cancel (got {})", show(node)));
    return;
  }
  saga.on_fault = saga.on_timeout = saga.on_cancel = false;
  for (const Node& item : node.items) {
    const auto choice = read_choice(context, item, {"fault", "timeout", "cancel"});
    if (!choice) continue;
    bool& trigger = *choice == 0 ? saga.on_fault : *choice == 1 ? saga.on_timeout : saga.on_cancel;
    if (trigger) context.report.error("duplicate-value", item, fmt::format("names '{}' again", item.text));
    trigger = true;
  }
}

void read_saga_compensation(LoadContext& context, const Node& node, SagaOptions& saga) {
  MapReader map(context, node);
  if (const Node* value = map.take("triggers")) read_triggers(context, *value, saga);
  if (const Node* value = map.take("order")) {
    const auto choice = read_choice(context, *value, {"reverse", "parallel"});
    saga.order = choice == 1 ? SagaOptions::Order::kParallel : SagaOptions::Order::kReverse;
  }
  if (const Node* value = map.take("onError")) {
    const auto choice = read_choice(context, *value, {"suspend", "continue"});
    saga.on_error = choice == 1 ? SagaOptions::OnError::kContinue : SagaOptions::OnError::kSuspend;
  }
  if (const Node* value = map.take("retry")) saga.retry = read_retry(context, *value, {}).value_or(saga.retry);
  if (const Node* value = map.take("timeout")) saga.timeout = read_duration(context, *value);
  map.finish();
}

// One second, doubled, capped at one minute, for 24 hours: one participant's outage is not a thousand incidents.
RetryPolicy undo_retry_default() {
  RetryPolicy policy;
  policy.delay = std::chrono::seconds(1);
  policy.backoff = RetryPolicy::Backoff::kExponential;
  policy.delay_max = std::chrono::minutes(1);
  policy.duration = std::chrono::hours(24);
  return policy;
}

std::optional<UniqueStart> read_unique(LoadContext& context, const Node& node) {
  MapReader map(context, node);
  const Node* key = map.require("key");
  const Node* within = map.require("within");
  map.finish();
  auto expression =
      key != nullptr ? read_expression(context, *key, {}, Slot::kStart) : std::optional<expression::Expression>();
  const auto duration = within != nullptr ? read_duration(context, *within) : std::optional<Millis>();
  if (duration == Millis(0)) context.report.error("out-of-range", *within, "must be longer than zero");
  if (!expression || !duration) return std::nullopt;
  return UniqueStart{.key = std::move(*expression), .within = *duration};
}

void read_saga(LoadContext& context, const Node& node, SagaOptions& saga) {
  MapReader map(context, node, MapKind::kSaga);
  if (const Node* value = map.take("compensation")) read_saga_compensation(context, *value, saga);
  if (const Node* value = map.take("status")) saga.status = read_saga_status(context, *value);
  if (const Node* value = map.take("cancel")) {
    MapReader cancel(context, *value);
    if (const Node* condition = cancel.require("if")) {
      saga.cancel_if = read_expression(context, *condition, {}, Slot::kCancel);
    }
    cancel.finish();
  }
  map.take("schedule");  // read with the schedule that it is about
  if (const Node* value = map.take("unique")) saga.unique = read_unique(context, *value);
  map.finish();
}

// What is so without it may be said.
void read_evaluate(LoadContext& context, const Node& node) {
  MapReader map(context, node);
  if (const Node* language = map.take("language")) {
    if (const auto text = read_text(context, *language); text && *text != "jq") {
      context.report.error("not-supported", *language, fmt::format("must be jq (got '{}')", *text));
    }
  }
  if (const Node* mode = map.take("mode")) {
    if (read_choice(context, *mode, {"strict", "loose"}) == 1) {
      context.report.error("not-supported", *mode,
                           "is 'loose', which is not supported: what is text and what is an expression must be told by "
                           "its form; write ${ ... }");
    }
  }
  map.finish();
}

}  // namespace

void read_document(LoadContext& context, const Node& root, Definition& definition) {
  MapReader map(context, root, MapKind::kWorkflow);
  definition.saga.retry = undo_retry_default();
  if (const Node* node = map.require("document")) read_header(context, *node, definition);
  if (const Node* node = map.take("evaluate")) read_evaluate(context, *node);
  if (const Node* node = map.take("use")) read_use(context, *node);  // before whatever names what is in it
  definition.secrets = context.secrets;
  definition.data = read_data_flow(context, map, {}, true);
  const Node* saga = map.take("saga");
  if (saga != nullptr) read_saga(context, *saga, definition.saga);
  definition.schedule = read_schedule(context, map.take("schedule"), saga ? saga->find("schedule") : nullptr);
  if (const Node* node = map.take("timeout")) definition.timeout = read_timeout(context, *node, {}, Slot::kStart);
  if (const Node* node = map.require("do")) definition.steps = read_step_list(context, *node, {});
  check_uncalled_functions(context);
  check_unused_extensions(context);
  map.finish();
}

}  // namespace skald::definition

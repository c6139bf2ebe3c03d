#include "engine/definition/steps/try.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/definition/read_policies.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

constexpr std::int64_t kStatusMin = 100;
constexpr std::int64_t kStatusMax = 599;

bool is_of_specification(std::string_view type) {
  return type.starts_with("https://serverlessworkflow.io") || type.starts_with("https://open-workflow");
}

Payload read_filter(LoadContext& context, const Node& node) {
  MapReader map(context, node);
  const Node* with = map.take("with");
  map.finish();
  if (with == nullptr) return {};
  MapReader fields(context, *with);
  if (const Node* status = fields.take("status")) read_integer(context, *status, kStatusMin, kStatusMax);
  for (const char* key : {"type", "instance", "title", "detail"}) {
    const Node* text = fields.take(key);
    if (text == nullptr) continue;
    const auto value = read_text(context, *text);
    if (value && expression::is_wrapped_expression(*value)) {
      context.report.error("misplaced-key", *text, "cannot be an expression; write the condition in 'when'");
    }
  }
  fields.finish();
  if (!with->is_map()) return {};
  return Payload::from_json(to_json(*with));
}

void read_catch(LoadContext& context, const Node& node, const Scope& scope, TryStep& read) {
  MapReader map(context, node);
  if (const Node* errors = map.take("errors")) read.with = read_filter(context, *errors);
  if (const Node* as = map.take("as")) read.as = read_variable_name(context, *as).value_or(read.as);
  Scope caught = scope;
  caught.is_repeated = true;
  caught.is_lane = caught.is_branch = false;
  caught.variables.push_back(read.as);
  if (const Node* when = map.take("when")) read.when = read_expression(context, *when, caught, Slot::kCondition);
  if (const Node* except = map.take("exceptWhen")) {
    read.except_when = read_expression(context, *except, caught, Slot::kCondition);
  }
  if (const Node* retry = map.take("retry")) {
    read.retry = read_retry(context, *retry, scope);
  }
  if (const Node* compensate = map.take("compensate")) {
    read.compensates = read_flag(context, *compensate).value_or(false);
  }
  if (const Node* steps = map.take("do")) read.handler = read_step_list(context, *steps, caught);
  map.finish();
}

// One list's names are unique; here those of both lists must be, since both make paths below the step.
void check_names(LoadContext& context, const Node& node, const TryStep& read) {
  for (const Step& handling : read.handler) {
    for (const Step& step : read.steps) {
      if (handling.name != step.name) continue;
      context.report.error_at("duplicate-step", node, handling.mark,
                              fmt::format("duplicate step name '{}'; the steps of 'try' and of its 'catch' share their "
                                          "names, and the first is at {}:{}",
                                          handling.name, step.mark.line, step.mark.column));
    }
  }
}

}  // namespace

bool is_same_error_type(std::string_view one, std::string_view other) {
  if (!is_of_specification(one) || !is_of_specification(other)) return one == other;
  return one.substr(one.rfind('/') + 1) == other.substr(other.rfind('/') + 1);
}

std::optional<Step::Kind> read_try(LoadContext& context, MapReader& step, const Node& value, const Scope& scope) {
  TryStep read;
  Scope inside = scope;
  inside.is_repeated = true;
  inside.is_lane = inside.is_branch = false;
  read.steps = read_step_list(context, value, inside);
  if (const Node* caught = step.require("catch")) {
    read_catch(context, *caught, scope, read);
    check_names(context, *caught, read);
  }
  return read;
}

}  // namespace skald::definition

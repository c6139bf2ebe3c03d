#include <nlohmann/json.hpp>

#include "engine/base/cloud_event.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

// The same however often it is worked out: who gets it twice can tell.
Json defaults_of(const Planner& planner, std::string_view path) {
  return {{"specversion", "1.0"},
          {"id", to_string(planner.state().id) + "/" + std::string(path)},
          {"time", format_rfc3339(planner.now())}};
}

Result<Payload> event_of(const Planner& planner, const definition::Step& step, const definition::EmitStep& kind,
                         std::string_view path, const Payload& input) {
  const auto rendered = render(planner, kind.attributes, input, scope_of(planner, step, path, &input, nullptr));
  if (!rendered) return rendered;
  Json event = defaults_of(planner, path);
  for (const auto& [name, value] : rendered->json().items()) {
    if (!value.is_null() || name == "data") event[name] = value;
  }
  // Last, so that no definition says another depth.
  if (planner.state().depth > 0) event[kDepthAttribute] = planner.state().depth;
  if (event.contains("data") && !event.contains("datacontenttype")) event["datacontenttype"] = "application/json";
  if (auto good = check_cloud_event(event); !good) return std::unexpected(std::move(good.error()));
  return Payload::from_json(std::move(event));
}

}  // namespace

void start(Planner& planner, const definition::Step& step, const definition::EmitStep& kind, std::string_view path,
           const StepInput& input) {
  const auto event = event_of(planner, step, kind, path, input.value);
  if (!event) {
    const auto title =
        event.error().code == "expression" ? event.error().message : "The event: " + event.error().message;
    return fail_step(planner, step, path, make_problem("expression", 0, title, {}, step.pointer), false);
  }
  complete_step(planner, step, path, *event, {.emitted = *event, .input = input.value});
}

}  // namespace skald::saga

// An operator's word on a stuck step, and the list of what is stuck.
#include <charconv>
#include <memory>

#include "api/cursor.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/execution_view.hpp"

namespace skald::api {
namespace {

constexpr std::string_view kIncidentsCursor = "incidents";

Result<std::uint32_t> incident_number(const Call& call) {
  const std::string& text = call.parameters[1];
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number > 0) return number;
  return failure("incident.unknown", "is not the number of an incident", text, "they are numbered from 1");
}

void resolve(Services& services, Call call, saga::IncidentResolution resolution) {
  const auto id = path_id(call);
  if (!id) return call.respond(problem(services, call, id.error()));
  const auto number = incident_number(call);
  if (!number) return call.respond(problem(services, call, number.error()));
  if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
  auto actor = read_actor(call.request);
  if (!actor) return call.respond(problem(services, call, actor.error()));
  BodyReader body(call.request);
  saga::ResolveIncident command{.number = *number, .resolution = resolution};
  command.reason = body.text("reason", kReasonBytesMax).value_or("");
  if (resolution != saga::IncidentResolution::kRetry) body.require("reason");
  if (resolution == saga::IncidentResolution::kResolve) command.output = body.payload("output");
  if (auto error = body.finish()) {
    return call.respond(services.problems.answer(*error, call.request.path(), body.entries()));
  }
  services.engine.command(
      *id, {.actor = std::move(*actor), .what = std::move(command)},
      [&services, call = std::move(call)](Result<runtime::Snapshot> state) mutable {
        call.respond(state ? json_response(202, execution_view(**state)) : problem(services, call, state.error()));
      });
}

// The states of one page's executions, as they arrive; answers when the last one has.
struct Gathering {
  explicit Gathering(Call c) : call(std::move(c)) {}

  Call call;
  std::string next_cursor;
  std::vector<runtime::Snapshot> states;
  std::atomic<std::size_t> missing = 0;

  void arrived(std::size_t index, Result<runtime::Snapshot> state) {
    if (state) states[index] = std::move(*state);
    if (--missing == 0) answer();
  }

  void answer() {
    std::string items;
    for (const auto& state : states) {
      if (!state) continue;  // removed meanwhile
      for (const auto& incident : state->incidents) {
        if (!incident.open) continue;
        if (!items.empty()) items += ',';
        append_incident_item(items, *state, incident);
      }
    }
    call.respond(page_response(call.request, std::move(items), next_cursor));
  }
};

void gather(Services& services, Call call, std::vector<ports::StoredExecution> found, std::string next_cursor) {
  auto gathering = std::make_shared<Gathering>(std::move(call));
  gathering->next_cursor = std::move(next_cursor);
  gathering->states.resize(found.size());
  gathering->missing = found.size();
  if (found.empty()) return gathering->answer();
  for (std::size_t i = 0; i < found.size(); ++i) {
    services.engine.view(found[i].id,
                         [gathering, i](Result<runtime::Snapshot> state) { gathering->arrived(i, std::move(state)); });
  }
}

}  // namespace

void add_incident_routes(Router& router, Services& services) {
  using saga::IncidentResolution;
  router.add(Verb::post, "/v1/executions/{id}/incidents/{number}/retry",
             [&services](Call call) { resolve(services, std::move(call), IncidentResolution::kRetry); });
  router.add(Verb::post, "/v1/executions/{id}/incidents/{number}/skip",
             [&services](Call call) { resolve(services, std::move(call), IncidentResolution::kSkip); });
  router.add(Verb::post, "/v1/executions/{id}/incidents/{number}/resolve",
             [&services](Call call) { resolve(services, std::move(call), IncidentResolution::kResolve); });
  router.add(Verb::get, "/v1/incidents", [&services](Call call) {
    run_blocking(services, std::move(call), [&services](Call c) {
      QueryReader reader(c.request);
      ports::ExecutionQuery query;
      query.with_open_incidents = true;
      query.namespace_name = reader.text("namespace");
      query.workflow = reader.text("workflow");
      const std::size_t limit = reader.limit();
      const auto cursor = reader.cursor(kIncidentsCursor);
      if (auto error = reader.finish()) return c.respond(problem(services, c, *error));
      if (cursor) query.before = parse_execution_id(*cursor);
      query.limit = limit + 1;
      auto found = services.index.search(query);
      if (!found) return c.respond(problem(services, c, found.error()));
      std::string next;
      if (found->size() > limit) {
        found->resize(limit);
        next = make_cursor(kIncidentsCursor, to_string(found->back().id));
      }
      gather(services, std::move(c), std::move(*found), std::move(next));
    });
  });
}

}  // namespace skald::api

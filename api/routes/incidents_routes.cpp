// An operator's word on a stuck step, and the list of what is stuck.
#include <charconv>
#include <memory>

#include "api/cursor.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/execution_view.hpp"
#include "engine/base/json.hpp"

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

// One page: what its executions say of themselves, as it arrives. Answers when the last one has.
struct Gathering {
  Gathering(Services& s, Call c, std::vector<ports::StoredExecution> f)
      : services(s), call(std::move(c)), found(std::move(f)), items(found.size()), states(found.size()) {}

  Services& services;
  Call call;
  std::string next_cursor;
  std::vector<ports::StoredExecution> found;
  std::vector<std::string> items;  // of the execution at the same index
  std::vector<Result<runtime::Snapshot>> states;
  std::atomic<std::size_t> missing = 0;

  void answer(Call to) const {
    std::string text;
    append_joined(text, items, [](std::string& out, const std::string& item) { out += item; }, &std::string::empty);
    to.respond(page_response(to.request, std::move(text), next_cursor));
  }

  // True: it has open incidents.
  bool tell_incidents(std::size_t index) {
    if (!states[index]) return false;
    const saga::State& state = **states[index];
    append_joined(
        items[index], state.incidents,
        [&](std::string& out, const saga::Incident& incident) { append_incident_item(out, state, incident); },
        [](const saga::Incident& incident) { return !incident.open; });
    return !items[index].empty();
  }

  // Its row says that it has one, its history does not: it cannot be read or advanced, or it has moved on since.
  void tell_unreadable(std::size_t index) {
    const auto row = services.history.read_execution(found[index].id);
    if (!row || row->summary.open_incidents == 0) return;
    const auto& state = states[index];
    if (state && (*state)->position != row->position) return;
    append_unreadable_item(items[index], *row, state ? std::string() : to_text(state.error()));
  }

  // This server could not look.
  static bool is_of_the_server(const Error& error) {
    return error.code == "store.unavailable" || (error.code.starts_with("engine.") && error.code != "engine.internal");
  }

  static void answer_with_all(const std::shared_ptr<Gathering>& self) {
    for (const auto& state : self->states) {
      if (state || !is_of_the_server(state.error())) continue;
      return self->call.respond(problem(self->services, self->call, state.error()));
    }
    std::vector<std::size_t> unclear;
    for (std::size_t i = 0; i < self->found.size(); ++i) {
      if (!self->tell_incidents(i)) unclear.push_back(i);
    }
    if (unclear.empty()) return self->answer(std::move(self->call));
    run_blocking(self->services, std::move(self->call), [self, unclear = std::move(unclear)](Call call) {
      for (const auto index : unclear) self->tell_unreadable(index);
      self->answer(std::move(call));
    });
  }
};

void gather(Services& services, Call call, std::vector<ports::StoredExecution> found, std::string next_cursor) {
  auto gathering = std::make_shared<Gathering>(services, std::move(call), std::move(found));
  gathering->next_cursor = std::move(next_cursor);
  const std::size_t count = gathering->found.size();
  gathering->missing = count;
  if (count == 0) return gathering->answer(std::move(gathering->call));
  for (std::size_t i = 0; i < count; ++i) {
    services.engine.view(gathering->found[i].id, [gathering, i](Result<runtime::Snapshot> state) {
      gathering->states[i] = std::move(state);
      if (--gathering->missing == 0) Gathering::answer_with_all(gathering);
    });
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

// POST /v1/executions/{id}/cancel, suspend, resume and terminate: `{reason}`.
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/execution_view.hpp"

namespace skald::api {
namespace {

template <class Command>
void command(Services& services, Call call) {
  const auto id = path_id(call);
  if (!id) return call.respond(problem(services, call, id.error()));
  if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
  auto actor = read_actor(call.request);
  if (!actor) return call.respond(problem(services, call, actor.error()));
  BodyReader body(call.request);
  auto reason = body.text("reason", kReasonBytesMax);
  if (auto error = body.finish()) {
    return call.respond(services.problems.answer(*error, call.request.path(), body.entries()));
  }
  services.engine.command(
      *id, {.actor = std::move(*actor), .what = Command{.reason = reason.value_or("")}},
      [&services, call = std::move(call)](Result<runtime::Snapshot> state) mutable {
        call.respond(state ? json_response(202, execution_view(**state)) : problem(services, call, state.error()));
      });
}

}  // namespace

void add_command_routes(Router& router, Services& services) {
  router.add(Verb::post, "/v1/executions/{id}/cancel",
             [&services](Call call) { command<saga::CancelExecution>(services, std::move(call)); });
  router.add(Verb::post, "/v1/executions/{id}/suspend",
             [&services](Call call) { command<saga::SuspendExecution>(services, std::move(call)); });
  router.add(Verb::post, "/v1/executions/{id}/resume",
             [&services](Call call) { command<saga::ResumeExecution>(services, std::move(call)); });
  router.add(Verb::post, "/v1/executions/{id}/terminate",
             [&services](Call call) { command<saga::TerminateExecution>(services, std::move(call)); });
}

}  // namespace skald::api

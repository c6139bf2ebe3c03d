// POST /v1/executions/{id}/replay: a new execution that repeats a failed one.
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/execution_view.hpp"
#include "engine/base/limits.hpp"

namespace skald::api {
namespace {

constexpr std::size_t kNameBytesMax = 1024;

}  // namespace

void add_replay_route(Router& router, Services& services) {
  router.add(Verb::post, "/v1/executions/{id}/replay", [&services](Call call) {
    const auto id = path_id(call);
    if (!id) return call.respond(problem(services, call, id.error()));
    if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
    auto actor = read_actor(call.request);
    if (!actor) return call.respond(problem(services, call, actor.error()));
    BodyReader body(call.request);
    runtime::ReplayCommand command{.original = *id, .actor = std::move(*actor)};
    command.from = body.text("from", kNameBytesMax).value_or("start");
    command.version = body.text("version", kNameBytesMax);
    command.input = body.payload("input");
    command.reason = body.text("reason", kReasonBytesMax).value_or("");
    command.accept_standing = body.flag("acceptStanding");
    if (auto error = body.finish()) {
      return call.respond(services.problems.answer(*error, call.request.path(), body.entries()));
    }
    if (auto refusal = refuse_for_space(services, call)) return call.respond(std::move(*refusal));
    services.engine.replay(std::move(command),
                           [&services, call = std::move(call)](Result<runtime::Started> started) mutable {
                             if (!started) return answer_not_begun(services, std::move(call), started.error());
                             auto response = json_response(201, execution_view(*started->state));
                             response.headers.emplace_back("Location", "/v1/executions/" + to_string(started->id));
                             call.respond(std::move(response));
                           });
  });
}

}  // namespace skald::api

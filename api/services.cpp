#include "api/services.hpp"

#include <boost/asio/post.hpp>
#include <exception>

#include "api/http/target.hpp"
#include "api/views/execution_view.hpp"
#include "engine/async/offload.hpp"
#include "engine/base/json.hpp"
#include "engine/runtime/unique_key.hpp"

namespace skald::api {

void add_routes(Router& router, Services& services) {
  add_start_route(router, services);  // first: the table is searched in order
  add_execution_routes(router, services);
  add_command_routes(router, services);
  add_replay_route(router, services);
  add_event_routes(router, services);
  add_incident_routes(router, services);
  add_workflow_routes(router, services);
  add_graph_routes(router, services);
  add_schedule_routes(router, services);
  add_operate_routes(router, services);
}

void run_blocking(Services& services, Call call, std::function<void(Call)> work) {
  boost::asio::post(
      services.blocking.executor(), [call = std::move(call), work = std::move(work), &services]() mutable {
        const std::string path(call.request.path());
        try {
          work(std::move(call));
        } catch (const std::exception& error) {  // the dropped Responder has answered 500
          services.log.write(ports::LogLevel::kError, "a handler threw", {{"path", path}, {"error", error.what()}});
        }
      });
}

void answer_blocking(Services& services, Call call, std::function<Response(const Call&)> work) {
  run_blocking(services, std::move(call), [work = std::move(work)](Call c) {
    auto response = work(c);
    c.respond(std::move(response));
  });
}

Response json_response(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

Response page_response(const Request& request, std::string items, const std::string& next_cursor) {
  Response response;
  response.body = "{\"items\":[" + std::move(items) + "],\"nextCursor\":";
  if (next_cursor.empty()) {
    response.body += "null}";
    return response;
  }
  append_json_string(response.body, next_cursor);
  response.body += '}';
  std::string link = "<" + std::string(request.path()) + "?";
  for (const auto& [name, value] : request.query) {
    if (name != "cursor" && name != "after") link += percent_encode(name) + "=" + percent_encode(value) + "&";
  }
  response.headers.emplace_back("Link", link + "cursor=" + next_cursor + ">; rel=\"next\"");
  return response;
}

Response problem(const Services& services, const Call& call, const Error& error) {
  return services.problems.answer(error, call.request.path());
}

namespace {

// The key that both have, and until when the earlier one keeps it from others.
Error with_unique_key(const Services& services, Error error, const saga::State& earlier) {
  const auto definition = services.definitions.cached(earlier.digest);
  if (!definition) return error;
  saga::StartExecution start;
  start.input = earlier.input;
  start.labels = earlier.labels;
  const auto unique = runtime::unique_key_of(*definition, start, earlier.started_at);
  if (unique && *unique) error.detail = "key " + (*unique)->key + ", until " + format_rfc3339((*unique)->until);
  return error;
}

}  // namespace

void answer_not_begun(Services& services, Call call, const Error& error) {
  const auto earlier = error.code == "unique.taken" ? parse_execution_id(error.subject) : std::nullopt;
  if (!earlier) return call.respond(problem(services, call, error));
  services.engine.view(*earlier, [&services, error, call = std::move(call)](Result<runtime::Snapshot> state) mutable {
    const std::string extra = state ? ",\"execution\":" + execution_view(**state) : std::string();
    const Error shown = state ? with_unique_key(services, error, **state) : error;
    auto response = services.problems.answer_with(shown, call.request.path(), extra);
    response.headers.emplace_back("Link", "</v1/executions/" + error.subject + ">; rel=\"related\"");
    call.respond(std::move(response));
  });
}

std::optional<Response> refuse_for_space(const Services& services, const Call& call) {
  if (!services.storage_state().low_on_space) return std::nullopt;
  return problem(services, call, {.code = "store.full", .message = "the disk is nearly full"});
}

Result<ExecutionId> path_id(const Call& call) {
  const std::string& text = call.parameters.front();
  if (auto id = parse_execution_id(text)) return *id;
  return failure("execution.unknown", "is not the id of an execution", text);
}

}  // namespace skald::api

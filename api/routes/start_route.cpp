// POST /v1/workflows/{namespace}/{name}/executions: the hottest route. Nothing here blocks or builds a document tree.
#include <fmt/format.h>

#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/execution_view.hpp"
#include "engine/base/limits.hpp"
#include "engine/definition/digest.hpp"

namespace skald::api {
namespace {

Result<Payload> read_input(const Request& request) {
  if (auto type = check_json_type(request); !type) return std::unexpected(type.error());
  if (request.body.size() > limits::kInputBytesMax) {
    return failure("input.too_large", fmt::format("the input must have at most {} bytes (got {})",
                                                  limits::kInputBytesMax, request.body.size()));
  }
  if (request.body.empty()) return Payload::from_trusted_text("{}");
  auto payload = Payload::from_text(request.body);
  if (!payload) {
    payload.error().subject = "body";
  }
  return payload;
}

Result<runtime::StartCommand> read_start(const Call& call) {
  const Request& request = call.request;
  QueryReader query(request);
  runtime::StartCommand command;
  command.namespace_name = call.parameters[0];
  command.workflow = call.parameters[1];
  command.version = query.text("version");
  if (auto error = query.finish()) return std::unexpected(std::move(*error));
  auto input = read_input(request);
  if (!input) return std::unexpected(input.error());
  command.input = std::move(*input);
  auto labels = read_labels(request);
  if (!labels) return std::unexpected(labels.error());
  command.labels = std::move(*labels);
  auto key = read_idempotency_key(request);
  if (!key) return std::unexpected(key.error());
  command.idempotency_key = std::move(*key);
  auto actor = read_actor(request);
  if (!actor) return std::unexpected(actor.error());
  command.actor = std::move(*actor);
  // The separator keeps "1.0" + "x" and "1.0x" + "" apart: no version has a line break.
  if (command.idempotency_key)
    command.fingerprint = definition::sha256_hex(command.version.value_or("") + "\n" + request.body);
  return command;
}

Response started_response(bool existing, const saga::State& state, const std::string& id, std::string preference) {
  auto response = json_response(existing ? 200 : 201, execution_view(state));
  response.headers.emplace_back("Location", "/v1/executions/" + id);
  if (!preference.empty()) response.headers.emplace_back("Preference-Applied", std::move(preference));
  return response;
}

void wait_and_answer(Services& services, runtime::Started started, unsigned seconds, Call call) {
  const auto id = started.id;
  services.engine.when_settled(
      id, std::chrono::seconds(seconds),
      [started = std::move(started), seconds, call = std::move(call)](Result<runtime::Snapshot> settled) mutable {
        // The start is durable: a failure to wait is no failure of the start.
        const auto& state = settled ? *settled : started.state;
        call.respond(
            started_response(started.existing, *state, to_string(started.id), fmt::format("wait={}", seconds)));
      });
}

}  // namespace

void add_start_route(Router& router, Services& services) {
  router.add(Verb::post, "/v1/workflows/{namespace}/{name}/executions", [&services](Call call) {
    auto command = read_start(call);
    if (!command) return call.respond(problem(services, call, command.error()));
    if (auto refusal = refuse_for_space(services, call)) return call.respond(std::move(*refusal));
    const auto preference = read_preference(call.request);
    services.engine.start(
        std::move(*command), [&services, preference, call = std::move(call)](Result<runtime::Started> started) mutable {
          if (!started) return answer_not_begun(services, std::move(call), started.error());
          if (preference.wait_seconds && !preference.respond_async) {
            return wait_and_answer(services, std::move(*started), *preference.wait_seconds, std::move(call));
          }
          call.respond(started_response(started->existing, *started->state, to_string(started->id),
                                        preference.respond_async ? "respond-async" : ""));
        });
  });
}

}  // namespace skald::api

// POST /v1/events and POST /v1/callbacks/{token}.
#include <atomic>
#include <nlohmann/json.hpp>

#include "api/cloud_event.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "engine/saga/callback_token.hpp"

namespace skald::api {
namespace {

// The events of one request: it is answered when the last one is.
struct Batch {
  Batch(Services& services, Call call, std::vector<Json> events)
      : services(services), call(std::move(call)), events(std::move(events)), receipts(this->events.size()) {}

  void done() {
    if (--left > 0) return;
    Json items = Json::array();
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto& receipt = receipts[i];
      if (!receipt) return call.respond(problem(services, call, receipt.error()));
      items.push_back({{"source", events[i]["source"]},
                       {"id", events[i]["id"]},
                       {"result", runtime::to_string(receipt->receipt)},
                       {"started", receipt->started}});
    }
    call.respond(json_response(202, dump_json({{"items", std::move(items)}})));
  }

  Services& services;
  Call call;
  std::vector<Json> events;
  std::vector<Result<runtime::EventAnswer>> receipts;
  std::atomic<std::size_t> left = events.size();
};

void receive(Services& services, Call call) {
  if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
  auto events = read_cloud_events(call.request);
  if (!events) return call.respond(problem(services, call, events.error()));
  if (events->empty()) return call.respond(json_response(202, "{\"items\":[]}"));
  if (auto refusal = refuse_for_space(services, call)) return call.respond(std::move(*refusal));
  const auto batch = std::make_shared<Batch>(services, std::move(call), std::move(*events));
  for (std::size_t i = 0; i < batch->events.size(); ++i) {
    services.engine.accept_event(dump_json(batch->events[i]), [batch, i](Result<runtime::EventAnswer> receipt) {
      batch->receipts[i] = std::move(receipt);
      batch->done();
    });
  }
}

void call_back(Services& services, Call call) {
  const Error unknown{.code = "callback.unknown", .message = "there is no such callback address"};
  if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
  auto token = saga::parse_callback_token(call.parameters[0]);
  if (!token) return call.respond(problem(services, call, unknown));
  if (auto type = check_json_type(call.request); !type) return call.respond(problem(services, call, type.error()));
  if (call.request.body.size() > limits::kEventBytesMax) {
    return call.respond(
        problem(services, call, {.code = "event.too_large", .message = "the body has more than 64 KiB"}));
  }
  if (call.request.body.empty()) {
    return call.respond(problem(services, call,
                                {.code = "request.invalid",
                                 .message = "the body is empty, and the address is still unused",
                                 .remedy = "send the answer as JSON; null is one"}));
  }
  auto data = Payload::from_text(call.request.body);
  if (!data) {
    data.error().subject = "body";
    return call.respond(problem(services, call, data.error()));
  }
  services.engine.command(token->execution,
                          {.actor = {},
                           .what = saga::CallbackArrived{.step = std::move(token->step),
                                                         .mac = std::move(token->mac),
                                                         .data = std::move(*data)}},
                          [&services, call = std::move(call), unknown](const Result<runtime::Snapshot>& state) mutable {
                            if (state) return call.respond(json_response(202, "{}"));
                            // Who guesses learns nothing of which executions there are.
                            const bool is_none =
                                state.error().code == "execution.unknown" || state.error().code == "callback.unknown";
                            call.respond(problem(services, call, is_none ? unknown : state.error()));
                          });
}

}  // namespace

void add_event_routes(Router& router, Services& services) {
  router.add(Verb::post, "/v1/events", [&services](Call call) { receive(services, std::move(call)); });
  router.add(Verb::post, "/v1/callbacks/{token}", [&services](Call call) { call_back(services, std::move(call)); });
}

}  // namespace skald::api

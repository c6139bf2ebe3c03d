// POST /v1/events and POST /v1/callbacks/{token}.
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cloud_event.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "engine/saga/callback_token.hpp"

namespace skald::api {
namespace {

// The events of one request, accepted one after another: whoever listens takes them in their order. The first that is
// not accepted ends it; what was accepted before is a duplicate when the request is repeated.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  Batch(Services& services, Call call, std::vector<Json> events)
      : services_(services), call_(std::move(call)), events_(std::move(events)) {}

  void accept_next() {
    if (items_.size() == events_.size()) {
      return call_.respond(json_response(202, dump_json({{"items", std::move(items_)}})));
    }
    services_.engine.accept_event(dump_json(events_[items_.size()]),
                                  [me = shared_from_this()](const Result<runtime::EventAnswer>& answer) {
                                    if (!answer)
                                      return me->call_.respond(problem(me->services_, me->call_, answer.error()));
                                    me->accepted(*answer);
                                  });
  }

 private:
  void accepted(const runtime::EventAnswer& answer) {
    const Json& event = events_[items_.size()];
    items_.push_back({{"source", event["source"]},
                      {"id", event["id"]},
                      {"result", runtime::to_string(answer.receipt)},
                      {"started", answer.started}});
    accept_next();
  }

  Services& services_;
  Call call_;
  std::vector<Json> events_;
  Json items_ = Json::array();
};

void receive(Services& services, Call call) {
  if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
  auto events = read_cloud_events(call.request);
  if (!events) return call.respond(problem(services, call, events.error()));
  if (auto refusal = refuse_for_space(services, call)) return call.respond(std::move(*refusal));
  std::make_shared<Batch>(services, std::move(call), std::move(*events))->accept_next();
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

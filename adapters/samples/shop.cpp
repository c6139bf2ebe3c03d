#include "adapters/samples/shop.hpp"

#include <openssl/evp.h>

#include <array>
#include <nlohmann/json.hpp>

#include "adapters/samples/order_form.hpp"

namespace skald::samples {

using nlohmann::json;

namespace {

struct Operation {
  const char* service;
  const char* collection;  // POST /service/collection does, POST /service/orders/{orderId}/undo undoes
  const char* undo;        // empty: cannot be undone
  const char* id;          // the name of the id in the answer
  const char* do_name;
  const char* undo_name;
};

constexpr std::array kOperations = {
    Operation{"payments", "charges", "refunds", "chargeId", "charge", "refund"},
    Operation{"inventory", "reservations", "releases", "reservationId", "reserve", "release"},
    Operation{"shipping", "shipments", "cancellations", "shipmentId", "create", "cancel"},
    Operation{"notifications", "messages", "", "messageId", "send", ""}};
constexpr std::string_view kOrders = "orders/";

HttpReply problem(int status, const std::string& title, const std::string& detail = {}) {
  json body = {{"type", "about:blank"}, {"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  return {.status = status,
          .content_type = "application/problem+json",
          .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

HttpReply ok(const json& body, int status = 200) {
  return {.status = status, .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

std::string sha256(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

std::string header(const HttpRequest& request, const char* name) {
  const auto it = request.headers.find(name);
  return it == request.headers.end() ? "" : it->second;
}

// The numbers of headers, for the record only.
long long number(const HttpRequest& request, const char* name) {
  return std::strtoll(header(request, name).c_str(), nullptr, 10);
}

}  // namespace

struct Shop::Call {
  HttpRequest request;
  const Operation& operation;
  bool undoes = false;
  json body;
  std::string order_id;
  std::string key;
  std::string body_hash;

  // The key of what an undo undoes: "<do>/compensate" or "<do>/compensate.<path>"; empty where the key is of another
  // make.
  std::string do_key() const {
    const auto cut = key.rfind("/compensate");
    return cut == std::string::npos ? "" : key.substr(0, cut);
  }
  std::string order_name() const { return std::string(operation.service) + " " + order_id; }
};

void Shop::handle(HttpRequest request, HttpServer::Respond respond) {
  for (const auto& operation : kOperations) {
    const std::string base = std::string("/") + operation.service + "/";
    if (request.method != "POST" || !request.path.starts_with(base)) continue;
    const std::string rest = request.path.substr(base.size());
    const std::string undo_end = std::string("/") + operation.undo;
    const bool undoes = undo_end.size() > 1 && rest.starts_with(kOrders) && rest.ends_with(undo_end) &&
                        rest.size() > kOrders.size() + undo_end.size();
    if (!undoes && rest != operation.collection) break;

    auto call = std::make_shared<Call>(Call{.request = std::move(request), .operation = operation});
    call->undoes = undoes;
    // All that an undo needs is in its address and its key.
    const bool bare = undoes && call->request.body.empty();
    call->body = bare ? json::object() : json::parse(call->request.body, nullptr, false);
    call->body_hash = sha256(call->request.body);
    if (undoes) {
      call->order_id = rest.substr(kOrders.size(), rest.size() - kOrders.size() - undo_end.size());
    } else if (call->body.is_object() && call->body.contains("orderId") && call->body["orderId"].is_string()) {
      call->order_id = call->body["orderId"].get<std::string>();
    }
    call->key = parse_key(header(call->request, "idempotency-key")).value_or("");
    return serve(call, respond);
  }
  respond(administer(request));
}

// Records the request and lets a fault strike: `late` before it is looked at, any other delay before it is answered.
void Shop::serve(const CallPtr& call, const HttpServer::Respond& respond) {
  note("received", *call, 0);
  const auto answer = [this, call, respond](HttpReply reply) {
    reply.done = [this, call, status = reply.status](bool sent) { note(sent ? "replied" : "cut", *call, status); };
    respond(std::move(reply));
  };
  std::optional<Fault> fault;
  try {
    fault = faults_.strike({.service = call->operation.service,
                            .undoes = call->undoes,
                            .operation = call->undoes ? call->operation.undo_name : call->operation.do_name,
                            .order_id = call->order_id},
                           call->request);
  } catch (const std::invalid_argument& error) {
    return answer(problem(400, "The query is malformed", error.what()));
  }
  if (fault && fault->mode == FaultMode::kLate) {
    later_(fault->delay, [this, call, answer] { arrive(call, std::nullopt, answer); });
  } else {
    arrive(call, fault, answer);
  }
}

void Shop::arrive(const CallPtr& call, const std::optional<Fault>& fault, const HttpServer::Respond& respond) {
  HttpReply reply;
  try {
    reply = perform(*call, fault);
  } catch (const std::exception& error) {
    reply = problem(500, "The ledger failed", error.what());
  }
  if (fault && fault->delay.count() > 0) {
    later_(fault->delay, [reply, respond] { respond(reply); });
  } else {
    respond(std::move(reply));
  }
}

HttpReply Shop::perform(const Call& call, const std::optional<Fault>& fault) {
  if (fault && fault->mode == FaultMode::kDown) return {.drop = true};
  if (fault && fault->mode == FaultMode::kError) return problem(fault->status, "Out of order");
  if (!call.body.is_object()) return problem(400, "The body must be a JSON object");
  if (call.order_id.empty()) return problem(400, "orderId must be a text");
  if (call.key.empty()) return problem(400, "The header Idempotency-Key is missing or malformed");
  HttpReply reply = first_answer(call, fault);
  reply.drop = fault && fault->mode == FaultMode::kLostReply;
  reply.garbage = fault && fault->mode == FaultMode::kGarbage;
  return reply;
}

// What the key was answered, or will be from here on.
HttpReply Shop::first_answer(const Call& call, const std::optional<Fault>& fault) {
  const std::string fingerprint = sha256(call.request.method + " " + call.request.path + "\n" + call.request.body);
  Ledger::Transaction transaction(ledger_);
  if (const auto before = ledger_.answered(call.key)) {
    if (before->fingerprint != fingerprint) {
      note("refused", call, 422);
      return problem(422, "The key was used for another request", call.key);
    }
    note("repeated", call, before->status);
    return {.status = before->status, .content_type = before->content_type, .body = before->body};
  }
  HttpReply reply = fault && fault->mode == FaultMode::kRefuse ? problem(fault->status, "Refused")
                    : call.undoes                              ? compensate(call)
                                                               : execute(call);
  ledger_.remember(call.key, {reply.status, reply.content_type, reply.body, fingerprint});
  transaction.commit();
  note(reply.status < 300 ? "applied" : "refused", call, reply.status);
  return reply;
}

HttpReply Shop::execute(const Call& call) {
  if (ledger_.has_tombstone(call.key) || ledger_.has_tombstone(call.order_name())) {
    return problem(409, "It was undone before it was done");
  }
  const std::string service = call.operation.service;
  NewEffect effect{.service = service,
                   .order_id = call.order_id,
                   .key = call.key,
                   .id = service.substr(0, 3) + "-" + sha256(call.key).substr(0, 12)};
  if (const auto refusal = read_form(service, call.body, effect)) {
    return problem(refusal->status, refusal->status == 422 ? "The request is invalid" : "Refused", refusal->detail);
  }
  if (const auto missing = ledger_.apply(effect)) return problem(409, "Out of stock", *missing);
  return ok({{call.operation.id, effect.id}, {"orderId", call.order_id}}, 201);
}

HttpReply Shop::compensate(const Call& call) {
  const std::string do_key = call.do_key();
  const int undone = ledger_.undo(call.operation.service, call.order_id, do_key);
  // By key where it tells: the same order may be tried again by another execution.
  ledger_.put_tombstone(do_key.empty() ? call.order_name() : do_key);
  return ok({{"orderId", call.order_id}, {"undone", undone}});
}

HttpReply Shop::look_up(const HttpRequest& request) {
  for (const auto& operation : kOperations) {
    const std::string base = std::string("/") + operation.service + "/" + operation.collection + "/";
    if (!request.path.starts_with(base)) continue;
    json effect = ledger_.effect(operation.service, request.path.substr(base.size()));
    if (effect.is_null()) break;
    effect[operation.id] = effect["id"];
    return ok(effect);
  }
  return problem(404, "There is no such address", request.method + " " + request.path);
}

HttpReply Shop::administer(const HttpRequest& request) {
  try {
    if (request.path == "/admin/faults" && request.method == "POST") {
      faults_.add(json::parse(request.body));
      return {.status = 204};
    }
    if (request.path == "/admin/faults" && request.method == "DELETE") {
      faults_.clear();
      return {.status = 204};
    }
    if (request.method != "GET") return problem(404, "There is no such address", request.method + " " + request.path);
    if (request.path == "/admin/faults") return ok({{"items", faults_.list()}});
    if (request.path == "/audit/balance") return ok(ledger_.balance());
    if (request.path != "/audit") return look_up(request);
    const auto it = request.query.find("orderId");
    return ok({{"items", ledger_.effects(it == request.query.end() ? "" : it->second)}});
  } catch (const std::exception& error) {
    return problem(400, "The request is malformed", error.what());
  }
}

void Shop::note(const char* event, const Call& call, int status) {
  journal_.write({{"event", event},
                  {"service", call.operation.service},
                  {"operation", call.undoes ? "undo" : "do"},
                  {"action", header(call.request, "skald-action")},
                  {"orderId", call.order_id},
                  {"key", call.key},
                  {"step", header(call.request, "skald-step")},
                  {"execution", header(call.request, "skald-execution")},
                  {"attempt", number(call.request, "skald-attempt")},
                  {"epoch", number(call.request, "skald-epoch")},
                  {"bodyHash", call.body_hash},
                  {"status", status}});
}

}  // namespace skald::samples

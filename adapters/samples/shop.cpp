#include "adapters/samples/shop.hpp"

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

namespace skald::samples {

using nlohmann::json;

namespace {

struct Operation {
  const char* service;
  const char* collection;  // POST /service/collection does, POST /service/orders/{orderId}/undo undoes
  const char* undo;        // empty: cannot be undone
  const char* id;          // the name of the id in the answer
};

constexpr std::array kOperations = {Operation{"payments", "charges", "refunds", "chargeId"},
                                    Operation{"inventory", "reservations", "releases", "reservationId"},
                                    Operation{"shipping", "shipments", "cancellations", "shipmentId"},
                                    Operation{"notifications", "messages", "", "messageId"}};

HttpReply problem(int status, const std::string& title, const std::string& detail = {}) {
  json body = {{"type", "about:blank"}, {"title", title}, {"status", status}};
  if (!detail.empty()) body["detail"] = detail;
  return {.status = status, .content_type = "application/problem+json", .body = body.dump()};
}

HttpReply ok(const json& body, int status = 200) {
  return {.status = status, .body = body.dump()};
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

// A structured-field string (RFC 8941) or a bare one.
std::string unquote(const std::string& text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

std::string header(const HttpRequest& request, const char* name) {
  const auto it = request.headers.find(name);
  return it == request.headers.end() ? "" : it->second;
}

}  // namespace

struct Shop::Call {
  const HttpRequest& request;
  const Operation& operation;
  bool undoes = false;
  std::string order_id;
  std::string key;
  json body;

  // The key of what an undo undoes.
  std::string do_key() const {
    constexpr std::string_view kSuffix = "/compensate";
    const auto cut = key.rfind(kSuffix);
    return cut == std::string::npos ? (undoes ? "" : key) : key.substr(0, cut);
  }
};

void Shop::note(const char* what, const Call& call, int status) {
  journal_.write({{"event", what},
                  {"service", call.operation.service},
                  {"operation", call.undoes ? "undo" : "do"},
                  {"action", header(call.request, "skald-action")},
                  {"orderId", call.order_id},
                  {"key", call.key},
                  {"step", header(call.request, "skald-step")},
                  {"execution", header(call.request, "skald-execution")},
                  {"attempt", std::atoi(header(call.request, "skald-attempt").c_str())},
                  {"epoch", std::atoi(header(call.request, "skald-epoch").c_str())},
                  {"bodyHash", sha256(call.request.body)},
                  {"status", status}});
}

HttpReply Shop::admin(const HttpRequest& request) {
  try {
    if (request.path == "/admin/faults" && request.method == "POST") {
      faults_.add(json::parse(request.body));
      return {.status = 204, .body = ""};
    }
    if (request.path == "/admin/faults" && request.method == "DELETE") {
      faults_.clear();
      return {.status = 204, .body = ""};
    }
    if (request.path == "/audit/balance") return ok(ledger_.balance());
    if (request.path == "/audit") {
      const auto it = request.query.find("orderId");
      return ok({{"items", ledger_.effects(it == request.query.end() ? "" : it->second)}});
    }
  } catch (const std::exception& error) {
    return problem(400, "The request is malformed", error.what());
  }
  return problem(404, "There is no such address", request.method + " " + request.path);
}

HttpReply Shop::handle(const HttpRequest& request) {
  for (const auto& operation : kOperations) {
    const std::string base = std::string("/") + operation.service + "/";
    if (!request.path.starts_with(base)) continue;
    Call call{.request = request, .operation = operation};
    const std::string rest = request.path.substr(base.size());
    const std::string undo_end = std::string("/") + operation.undo;
    call.body = json::parse(request.body, nullptr, false);
    if (request.method == "POST" && rest == operation.collection) {
      if (call.body.is_object())
        call.order_id =
            call.body.value("orderId", json("")).is_string() ? call.body.value("orderId", "") : std::string();
    } else if (request.method == "POST" && undo_end.size() > 1 && rest.starts_with("orders/") &&
               rest.ends_with(undo_end)) {
      call.undoes = true;
      call.order_id = rest.substr(7, rest.size() - 7 - undo_end.size());
    } else {
      break;
    }
    call.key = unquote(header(request, "idempotency-key"));
    note("received", call, 0);
    const HttpReply reply = perform(call);
    if (!reply.drop && !reply.garbage) note("replied", call, reply.status);
    return reply;
  }
  return admin(request);
}

HttpReply Shop::perform(const Call& call) {
  if (!call.body.is_object()) return problem(400, "The body must be a JSON object");
  if (call.order_id.empty()) return problem(400, "orderId is missing");
  if (call.key.empty()) return problem(400, "The header Idempotency-Key is missing");
  const auto fault = faults_.strike(call.operation.service, call.undoes ? "undo" : "do", call.order_id, call.request);
  if (fault && fault->delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(fault->delay_ms));
  if (fault && fault->mode == FaultMode::kDown) return {.drop = true};
  if (fault && fault->mode == FaultMode::kError) return problem(fault->status, "Out of order");
  HttpReply reply;
  {
    Ledger::Transaction transaction(ledger_);
    const std::string hash = sha256(call.request.body);
    if (const auto before = ledger_.answered(call.key)) {
      if (before->request_hash != hash) return problem(422, "The key was used with another body", call.key);
      reply = {.status = before->status, .body = before->body};
      note("repeated", call, reply.status);
    } else {
      if (fault && fault->mode == FaultMode::kRefuse) {
        reply = problem(fault->status, "Refused");
      } else {
        reply = call.undoes ? compensate(call) : execute(call);
      }
      ledger_.remember(call.key, {.status = reply.status, .body = reply.body, .request_hash = hash});
      transaction.commit();
      note(reply.status < 300 ? "applied" : "refused", call, reply.status);
    }
  }
  if (fault && fault->mode == FaultMode::kLostReply) reply.drop = true;
  if (fault && fault->mode == FaultMode::kGarbage) reply.garbage = true;
  return reply;
}

HttpReply Shop::execute(const Call& call) {
  if (ledger_.has_tombstone(call.key)) return problem(409, "It was undone before it was done");
  long long cents = 0;
  std::map<std::string, long long> items;
  const std::string service = call.operation.service;
  if (service == "payments") {
    const auto amount = call.body.find("amount");
    if (amount == call.body.end() || !amount->is_number() || amount->get<double>() <= 0) {
      return problem(422, "amount must be a number above 0");
    }
    cents = static_cast<long long>(amount->get<double>() * 100 + 0.5);
  }
  if (service == "inventory") {
    const auto list = call.body.find("items");
    if (list == call.body.end() || !list->is_array() || list->empty()) return problem(422, "items must be a list");
    for (const auto& item : *list) {
      if (!item.is_object() || !item.contains("sku") || !item["sku"].is_string())
        return problem(422, "an item has no sku");
      items[item["sku"].get<std::string>()] += item.value("quantity", 1);
    }
  }
  const std::string id = service.substr(0, 3) + "-" + sha256(call.key).substr(0, 10);
  if (!ledger_.apply(service, call.order_id, call.key, id, cents, items)) return problem(409, "Out of stock");
  return ok({{call.operation.id, id}, {"orderId", call.order_id}}, 201);
}

HttpReply Shop::compensate(const Call& call) {
  const int undone = ledger_.undo(call.operation.service, call.order_id, call.do_key());
  if (!call.do_key().empty()) ledger_.put_tombstone(call.do_key());
  return ok({{"orderId", call.order_id}, {"undone", undone}});
}

}  // namespace skald::samples

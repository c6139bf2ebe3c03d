// Payment, inventory, shipping and notification: the four services of the sample shop behind one handler.
//
//   POST /payments/charges          {orderId, amount, currency}     POST /payments/orders/{orderId}/refunds
//   POST /inventory/reservations    {orderId, items}                POST /inventory/orders/{orderId}/releases
//   POST /shipping/shipments        {orderId, address, items}       POST /shipping/orders/{orderId}/cancellations
//   POST /notifications/messages    {orderId, text}                 GET /{service}/{collection}/{id}
//
// They keep the participant contract: they deduplicate by Idempotency-Key, answer a repeated key with the first answer
// and another body under it with 422, answer the undo of something never done with 200, and refuse a do that comes
// after its undo with 409. Thread rule: the thread of the server.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "adapters/samples/faults.hpp"
#include "adapters/samples/http_server.hpp"
#include "adapters/samples/journal.hpp"
#include "adapters/samples/ledger.hpp"

namespace skald::samples {

class Shop {
 public:
  using Later = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

  // `later` runs an action after a delay, on the same thread.
  Shop(Ledger& ledger, Faults& faults, Journal& journal, Later later)
      : ledger_(ledger), faults_(faults), journal_(journal), later_(std::move(later)) {}

  // Answers exactly once.
  void handle(HttpRequest request, HttpServer::Respond respond);

 private:
  struct Call;
  using CallPtr = std::shared_ptr<const Call>;

  void serve(const CallPtr& call, const HttpServer::Respond& respond);
  void arrive(const CallPtr& call, const std::optional<Fault>& fault, const HttpServer::Respond& respond);
  HttpReply perform(const Call& call, const std::optional<Fault>& fault);
  HttpReply first_answer(const Call& call, const std::optional<Fault>& fault);
  HttpReply execute(const Call& call);
  HttpReply compensate(const Call& call);
  HttpReply look_up(const HttpRequest& request);
  HttpReply administer(const HttpRequest& request);
  void note(const char* event, const Call& call, int status);

  Ledger& ledger_;
  Faults& faults_;
  Journal& journal_;
  Later later_;
};

}  // namespace skald::samples

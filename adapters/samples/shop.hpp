// Payment, inventory, shipping and notification: the four services of the sample shop behind one handler.
//
// They keep the participant contract of docs/participants.md: they deduplicate by Idempotency-Key, answer a repeated
// key with the first answer, answer the undo of something never done with 200, and refuse a do that comes after its
// undo.
#pragma once

#include <string>

#include "adapters/samples/faults.hpp"
#include "adapters/samples/http_server.hpp"
#include "adapters/samples/journal.hpp"
#include "adapters/samples/ledger.hpp"

namespace skald::samples {

class Shop {
 public:
  Shop(Ledger& ledger, Faults& faults, Journal& journal) : ledger_(ledger), faults_(faults), journal_(journal) {}

  // Any thread.
  HttpReply handle(const HttpRequest& request);

 private:
  struct Call;

  HttpReply admin(const HttpRequest& request);
  HttpReply perform(const Call& call);
  HttpReply execute(const Call& call);
  HttpReply compensate(const Call& call);
  void note(const char* what, const Call& call, int status);

  Ledger& ledger_;
  Faults& faults_;
  Journal& journal_;
};

}  // namespace skald::samples

// The operations that the test documents call.
#pragma once

#include "engine/definition/load.hpp"

namespace skald::definition {

inline OperationCatalog sample_catalog() {
  OperationCatalog catalog;
  catalog.adapters["payments"] = {{"charge", {"POST", "/charges"}},
                                  {"refund", {"POST", "/orders/{orderId}/refunds"}},
                                  {"status", {"GET", "/charges/{id}"}}};
  catalog.adapters["inventory"] = {{"reserve", {"POST", "/reservations"}},
                                   {"release", {"DELETE", "/reservations/{reservationId}"}}};
  catalog.adapters["shipping"] = {{"create", {"POST", "/shipments"}},
                                  {"cancel", {"POST", "/shipments/{shipmentId}/cancel"}}};
  catalog.adapters["notifications"] = {{"send", {"POST", "/messages"}}};
  return catalog;
}

}  // namespace skald::definition

// What the engine knows of the adapters' operations: enough to check a definition and to freeze a request.
//
// Plain data, replaced as a whole when the adapters file changes. Base URLs, credentials, limits and outcome tables
// stay with the adapters, which read them at each send.
#pragma once

#include <map>
#include <string>

namespace skald::definition {

struct Operation {
  std::string method;  // upper case: "POST"
  std::string path;    // "/orders/{orderId}/refunds": `{x}` is taken out of `with`
};

struct OperationCatalog {
  std::map<std::string, std::map<std::string, Operation>> adapters;

  const Operation* find(const std::string& adapter, const std::string& operation) const {
    const auto a = adapters.find(adapter);
    if (a == adapters.end()) return nullptr;
    const auto o = a->second.find(operation);
    return o == a->second.end() ? nullptr : &o->second;
  }
};

}  // namespace skald::definition

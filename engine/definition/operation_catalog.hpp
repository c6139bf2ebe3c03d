// What the engine knows of the adapters' operations: enough to check a definition and to freeze a request.
//
// Plain data, replaced as a whole when the adapters file changes. Base URLs, credentials, limits and outcome tables
// stay with the adapters, which read them at each send.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skald::definition {

struct Operation {
  std::string method;  // upper case: "POST"
  std::string path;    // "/orders/{orderId}/refunds": `{x}` is taken out of `with`
};

// An adapter that is sent the events of workflows.
struct EventSink {
  std::string operation;           // of the adapter, through which it takes them
  std::vector<std::string> types;  // "com.shop.order.placed", "com.shop.*"; none: all

  bool takes(std::string_view type) const {
    return types.empty() || std::ranges::any_of(types, [&](std::string_view wanted) {
             return wanted.ends_with('*') ? type.starts_with(wanted.substr(0, wanted.size() - 1)) : type == wanted;
           });
  }
};

struct OperationCatalog {
  std::map<std::string, std::map<std::string, Operation>> adapters;
  std::map<std::string, EventSink> sinks = {};  // by adapter

  const Operation* find(const std::string& adapter, const std::string& operation) const {
    const auto a = adapters.find(adapter);
    if (a == adapters.end()) return nullptr;
    const auto o = a->second.find(operation);
    return o == a->second.end() ? nullptr : &o->second;
  }
};

}  // namespace skald::definition

// A request to a participant, frozen when its step starts, so that every attempt sends the same bytes.
//
// Base URL, credentials, limits and outcome table are not in it: the adapter reads those at each send.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/definition/answer_form.hpp"

namespace skald::saga {

struct Request {
  std::string adapter;    // "payments"; empty for `call: http`
  std::string operation;  // "charge"; empty for `call: http`
  std::string method;     // "POST"
  std::string target;     // adapter: path and query below its base URL; `call: http`: the absolute URL
  std::vector<std::pair<std::string, std::string>> headers;  // `call: http` only
  std::string body;                                          // JSON text; empty: no body
  definition::AnswerForm output = definition::AnswerForm::kContent;
  bool redirect = false;  // 3xx is done

  bool operator==(const Request&) const = default;
};

using RequestPtr = std::shared_ptr<const Request>;

}  // namespace skald::saga

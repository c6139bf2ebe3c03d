// The bytes of a request, written by hand into one string after everything in them has been checked. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/secret.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/participant.hpp"

namespace skald::adapters {

struct RequestPlace {
  std::string_view authority;             // the Host header
  std::string_view base_path;             // before the request's target
  std::string_view target;                // origin form
  const Secret* authorization = nullptr;  // the whole header value
  std::span<const std::pair<std::string, Secret>> secret_headers = {};
  Timestamp deadline{};  // of the attempt
};

// Replaces `out`. Errors: "request.method", "request.target", "request.header", "request.key", "request.authorization";
// nothing of a secret is in them.
Result<void> write_request(std::string& out, const ports::ParticipantCall& call, const RequestPlace& place);

}  // namespace skald::adapters

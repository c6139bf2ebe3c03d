// What the world is to do once a decision is durable. Derivable from the state, so nothing extra is stored for it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/base/time.hpp"
#include "engine/definition/authentication.hpp"
#include "engine/saga/request.hpp"

namespace skald::saga {

enum class Action { kExecute, kCompensate };

struct SendRequest {
  std::string step;  // instance path, of an undo "charge/compensate"
  std::uint32_t attempt = 1;
  bool settling = false;
  Action action = Action::kExecute;
  std::string key;  // idempotency key, without quotes
  RequestPtr request;
  definition::AuthenticationPtr authentication;  // of the endpoint, without expressions; null: none
  definition::SecretHeadersPtr secret_headers;   // of the call; null: none
  Millis timeout{0};                             // of this attempt, from the moment it is sent
};

using Effect = std::variant<SendRequest>;

}  // namespace skald::saga

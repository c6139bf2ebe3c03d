// What the services accept as a body, and the texts that say what is wrong with another. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/samples/ledger.hpp"

namespace skald::samples {

struct Refusal {
  int status = 422;
  std::string detail;
};

// Reads the body of a do into `effect` (cents and items), by the rules of its service.
std::optional<Refusal> read_form(std::string_view service, const nlohmann::json& body, NewEffect& effect);

// The value of an Idempotency-Key header: a structured-field string (RFC 8941 section 3.3.3), or a bare one of visible
// characters. nullopt where it is neither, is empty or has more than 512 characters.
std::optional<std::string> parse_key(std::string_view header);

}  // namespace skald::samples

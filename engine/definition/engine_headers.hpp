// The headers of a request that no workflow sets: what frames the message, and the engine's word to participants.
// Sources: RFC 9110, 7.6.1; RFC 9112, 6; the draft of Idempotency-Key; W3C Trace Context.
#pragma once

#include <string_view>

namespace skald::definition {

// In any case of letters.
bool is_engine_header(std::string_view name);

}  // namespace skald::definition

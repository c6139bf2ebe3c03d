// Events as rows of the history table, and back. One place knows the stored names, versions and fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/saga/event.hpp"

namespace skald::saga {

// The columns of a history row that come from the event; `at`, `epoch` and `actor` are the event's own.
struct EncodedEvent {
  std::string_view kind;  // "StepStarted"
  std::uint16_t version = 1;
  std::string step;           // empty for events of the whole execution
  std::uint32_t attempt = 0;  // 0 where the kind has none
  std::string data;           // JSON object
};

EncodedEvent encode(const EventData& event);

// Errors: "history.unknown_kind" (a newer binary wrote it), "history.unreadable" (names kind and field).
Result<EventData> decode(std::string_view kind, std::uint16_t version, std::string step, std::uint32_t attempt,
                         std::string_view data);

}  // namespace skald::saga

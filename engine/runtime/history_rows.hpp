// Events as rows of the history, with their positions, and back. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/saga/event.hpp"

namespace skald::runtime {

// Positions after_position + 1, + 2, ...
std::vector<ports::HistoryRow> to_rows(const std::vector<saga::Event>& events, std::uint64_t after_position);

// Errors: those of saga::decode.
Result<saga::Event> to_event(ports::HistoryRow row);

}  // namespace skald::runtime

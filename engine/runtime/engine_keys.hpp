// The idempotency keys under which the engine itself starts executions. Nobody else may take one: the start that it is
// meant for would be lost.
#pragma once

#include <string_view>

namespace skald::runtime {

inline constexpr std::string_view kScheduleKey = "schedule/";  // one execution a time, or an event, of a schedule
inline constexpr std::string_view kReplayKey = "replay/";      // of replays that begin at once, one does

constexpr bool is_engine_key(std::string_view key) {
  return key.starts_with(kScheduleKey) || key.starts_with(kReplayKey);
}

}  // namespace skald::runtime

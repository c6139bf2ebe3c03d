// The default limits of docs/guarantees.md that more than one module needs. Every queue, body, history and retry has
// one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/base/time.hpp"

namespace skald::limits {

inline constexpr std::size_t kDefinitionBytesMax = 256 * 1024;
inline constexpr std::size_t kDefinitionNodesMax = 20'000;
inline constexpr std::size_t kDefinitionDepthMax = 32;
inline constexpr std::size_t kDocumentsMax = 16;  // external ones that a definition names
inline constexpr std::size_t kDocumentBytesMax = 1024 * 1024;
inline constexpr std::size_t kDocumentNodesMax = 100'000;  // of one in YAML
inline constexpr std::size_t kLoopIterationsMax = 10'000;
inline constexpr std::int64_t kLoopConcurrencyMax = 100;
inline constexpr std::size_t kDefinitionStepsMax = 1'000;
inline constexpr std::size_t kListenPatternsMax = 20;
inline constexpr std::size_t kListenEventsMax = 500;       // that one `listen` takes
inline constexpr std::uint64_t kKeptEventsMax = 100'000;   // that nobody has taken yet
inline constexpr std::uint64_t kCollectionsMax = 100'000;  // of events that start executions together
inline constexpr std::size_t kEventBytesMax = 64 * 1024;   // what every intermediary must forward
inline constexpr Millis kEventsRemembered = std::chrono::hours(24);
inline constexpr std::size_t kInputBytesMax = 256 * 1024;
inline constexpr std::size_t kResponseBytesMax = 1024 * 1024;
inline constexpr std::uint32_t kRunDepthMax = 16;  // of executions that run each other, or start each other by events
inline constexpr std::uint64_t kHistoryEventsMax = 50'000;
inline constexpr std::size_t kUndosAtOnce = 100;    // of one execution
inline constexpr std::size_t kTurnEventsMax = 500;  // in one transaction, of one execution
inline constexpr Millis kConnectTimeout = std::chrono::seconds(3);
inline constexpr Millis kAttemptTimeout = std::chrono::seconds(30);
inline constexpr std::size_t kCallsPerHostMax = 64;
inline constexpr Millis kAuditInterval = std::chrono::hours(24);
inline constexpr std::uint32_t kShardCount = 256;
inline constexpr std::uint32_t kCrashSuspicionsMax = 5;
// A call that was in flight for longer has not made the process end.
inline constexpr Millis kCrashSuspicionSpan = std::chrono::minutes(10);

}  // namespace skald::limits

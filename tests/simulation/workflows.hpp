// The definitions that a run's executions follow: some written by hand for what the random ones do not have, and random
// ones.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/world.hpp"

namespace skald::simulation {

struct Workflow {
  std::string namespace_name;
  std::string name;
  std::string yaml;
};

// One or two of them. Every step with an effect has an undo, but for pivots.
std::vector<Workflow> draw_workflows(World& world);
// Whether it undoes steps whose requests may still be on their way.
bool needs_tombstones(const Workflow& workflow);
// The one that is not written by hand.
inline constexpr const char* kRandomName = "random";
// Executions of it are about something, one at a time.
inline constexpr const char* kSingleName = "single";
// Executions of it start by themselves, at each of these intervals.
inline constexpr const char* kBeatingName = "beating";
inline constexpr Millis kBeat = std::chrono::seconds(10);
// Executions of it are started by two events, one of type "left" and one of type "right".
inline constexpr const char* kPairingName = "pairing";
// Whether its input says what it is about.
bool is_about_something(const Workflow& workflow);
// Those written by hand.
const std::vector<Workflow>& written_workflows();

}  // namespace skald::simulation

// What lies between a process and what it shares with others.
#pragma once

#include <utility>

#include "engine/base/error.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/world.hpp"

namespace skald::simulation {

// Does what is asked, or not, and may fail either way.
template <class Ask>
auto over_the_wire(World& world, Faults& faults, const Life& life, Ask ask) -> Result<decltype(ask())> {
  const bool cut = life.database_cut_until > world.now();
  const bool fails = cut || faults.happens(Fault::kReadFails);
  if (fails && (cut || world.chance(50))) return failure("store.unavailable", "the database does not answer");
  auto answer = ask();
  if (fails) return failure("store.unavailable", "the connection was lost");
  return answer;
}

// The same for what answers with a result of its own.
template <class Ask>
auto ask_over_the_wire(World& world, Faults& faults, const Life& life, Ask ask) -> decltype(ask()) {
  auto answer = over_the_wire(world, faults, life, std::move(ask));
  if (!answer) return std::unexpected(std::move(answer.error()));
  return std::move(*answer);
}

}  // namespace skald::simulation

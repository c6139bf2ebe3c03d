#include "tests/simulation/faults.hpp"

#include <string>

namespace skald::simulation {
namespace {

struct Kind {
  std::string_view name;
  int percent_max;  // of the moments at which it could happen
};

// In the order of the enumeration.
constexpr std::array<Kind, kFaultCount> kKinds{{
    {"crash before append", 12},
    {"crash after append", 12},
    {"crash", 6},
    {"drain", 4},
    {"stall", 6},
    {"cut from the database", 6},
    {"cut from the services", 6},
    {"clock jump", 10},
    {"unknown, written", 12},
    {"unknown, lost", 12},
    {"disk full", 6},
    {"conflict", 8},
    {"slow commit", 15},
    {"read fails", 20},
    {"slow read", 20},
    {"queue", 15},
    {"not sent", 12},
    {"request lost", 15},
    {"request late", 15},
    {"request twice", 20},
    {"reply lost", 15},
    {"reply late", 15},
    {"503", 20},
    {"500", 12},
    {"garbage", 10},
    {"refused", 15},
    {"undo refused", 30},
    {"cancel", 40},
    {"suspend", 30},
    {"terminate", 30},
    {"replay", 60},
}};

}  // namespace

std::string_view to_string(Fault fault) {
  return kKinds[static_cast<std::size_t>(fault)].name;
}

Faults::Faults(World& world) : world_(world), heals_at_(world.between(5s, 60s)) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (world.chance(50))
      percents_[i] = 1 + static_cast<int>(world.below(static_cast<std::uint64_t>(kKinds[i].percent_max)));
  }
}

bool Faults::happens(Fault fault) {
  const auto index = static_cast<std::size_t>(fault);
  if (percents_[index] == 0 || healed() || !world_.chance(percents_[index])) return false;
  ++counts_[index];
  return true;
}

void Faults::calm(const CrashPoint& crash) {
  percents_ = {};
  set(Fault::kRefused, 15);
  set(Fault::kErrorAfter, 15);
  set(Fault::kTerminate, 20);
  set(Fault::kReplay, 30);
  crash_ = crash;
}

std::optional<Fault> Faults::fate_of_append() {
  if (++appends_ == crash_.append) return crash_.written ? Fault::kCrashAfterAppend : Fault::kCrashBeforeAppend;
  for (const auto fault : {Fault::kCrashBeforeAppend, Fault::kCrashAfterAppend, Fault::kUnknownWritten,
                           Fault::kUnknownLost, Fault::kConflict}) {
    if (happens(fault)) return fault;
  }
  return std::nullopt;
}

void Faults::crash_at_each_append() {
  set(Fault::kCrashBeforeAppend, 50);
  set(Fault::kCrashAfterAppend, 100);
}

}  // namespace skald::simulation

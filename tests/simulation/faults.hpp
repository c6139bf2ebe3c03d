// What may go wrong in a run, and how often: drawn from the seed, so that each run has troubles of its own. About half
// of the kinds are away in each, which brings out what hides behind the others (swarm testing, Groce et al. 2012).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/simulation/world.hpp"

namespace skald::simulation {

enum class Fault : std::uint8_t {
  kCrashBeforeAppend,  // the process dies, its batch is not written
  kCrashAfterAppend,   // it dies with the batch written, without having heard so
  kCrash,              // it dies at any other moment
  kDrain,              // it is shut down in an orderly way
  kStall,              // it stands still for a while
  kDatabaseCut,        // nothing passes between it and the database for a while
  kServicesCut,        // nor between it and the services
  kClockJump,          // the system's clock is stepped, the steady one goes on
  kUnknownWritten,     // the verdict is lost, the batch is written
  kUnknownLost,        // the verdict is lost, the batch too
  kDiskFull,           // appends are rejected for a while
  kConflict,           // an append meets another writer that left no trace
  kSlowCommit,
  kReadFails,
  kSlowRead,
  kQueue,         // a call waits for its turn
  kNotSent,       // no byte of the request leaves
  kRequestLost,   // it never arrives
  kRequestLate,   // it arrives long after the engine has given it up
  kRequestTwice,  // the network delivers it again later
  kReplyLost,     // applied, and the connection breaks
  kReplyLate,
  kErrorBefore,  // 503, nothing applied
  kErrorAfter,   // 500, applied
  kGarbage,      // applied, and the answer is no answer
  kRefused,      // 422 to a request of a step
  kUndoRefused,  // 422 to an undo
  kCancel,       // a client changes its mind
  kSuspend,      // an operator holds it for a while
  kTerminate,    // or ends it as it stands
  kReplay,       // or has what has ended done again
  kCount,
};

inline constexpr std::size_t kFaultCount = static_cast<std::size_t>(Fault::kCount);

std::string_view to_string(Fault fault);

// Where a process is to die; 0: nowhere.
struct CrashPoint {
  std::size_t append = 0;
  bool written = false;  // whether the append is
};

using FaultCounts = std::array<std::uint64_t, kFaultCount>;

class Faults {
 public:
  // Draws the run's troubles.
  explicit Faults(World& world);

  // Whether it happens here. Never after the world has healed.
  bool happens(Fault fault);
  // The process dies at each of its appends.
  void crash_at_each_append();
  // None of all this but refusals, and one death at the nth append of the run.
  void calm(const CrashPoint& crash);
  // What befalls the next append: a death, a lost verdict, a conflict or nothing.
  std::optional<Fault> fate_of_append();
  std::size_t appends() const { return appends_; }
  void set(Fault fault, int percent) { percents_[static_cast<std::size_t>(fault)] = percent; }
  int percent(Fault fault) const { return percents_[static_cast<std::size_t>(fault)]; }

  Nanos heals_at() const { return heals_at_; }
  void set_heals_at(Nanos at) { heals_at_ = at; }
  bool healed() const { return world_.now() >= heals_at_; }
  // How often each happened.
  const FaultCounts& counts() const { return counts_; }

 private:
  World& world_;
  Nanos heals_at_;
  std::array<int, kFaultCount> percents_{};
  FaultCounts counts_{};
  CrashPoint crash_;
  std::size_t appends_ = 0;
};

}  // namespace skald::simulation

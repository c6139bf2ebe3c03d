// What goes wrong in one dry run, and where: which call meets which trouble, and when the execution is cancelled or
// runs out of time. A plain value; the empty schedule is the run in which everything goes well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/definition/definition.hpp"

namespace skald::dry_run {

// What becomes of a call. It concerns the attempts before the call's settling; an undo meets all but a refusal once, at
// its first attempt.
enum class Trouble : std::uint8_t {
  kNone,
  kRefused,      // a definite no, without an effect
  kUnknown,      // it took effect, and no attempt is answered; settling is
  kLost,         // no attempt arrives; settling is refused
  kSlow,         // done, a moment before the attempt's timeout
  kCrash,        // the engine dies when the call has taken effect, and hears no answer
  kCrashBefore,  // the engine dies when the call is in the history, and does not send it
};

// "done", "refused", "unknown", "lost", "slow", "crash", "crash-before". parse is the inverse.
std::string_view to_string(Trouble trouble);
std::optional<Trouble> parse_trouble(std::string_view text);

struct Fault {
  std::string call;  // instance path: "order.charge", "order.charge#2", "order.charge/compensate"
  Trouble trouble = Trouble::kNone;

  bool operator==(const Fault&) const = default;
};

struct Interruption {
  enum class What : std::uint8_t { kCancel, kTimeout };  // kTimeout: the workflow's own
  enum class When : std::uint8_t { kDuring, kAfter };    // while the step's call or wait is under way; after an answer

  What what = What::kCancel;
  When when = When::kDuring;
  std::string step;  // instance path, as in Fault

  bool operator==(const Interruption&) const = default;
};

struct Schedule {
  std::vector<Fault> faults;  // in the order in which they are met
  std::optional<Interruption> interruption;

  std::size_t size() const { return faults.size() + (interruption ? 1 : 0); }
  Trouble trouble_of(std::string_view call) const;
};

// For people: "createShipment refused, cancelled during chargePayment"; "nothing goes wrong" for the empty one.
std::string to_text(const Schedule& schedule);
// What repeats it on the command line: "--step createShipment=refused --cancel-during chargePayment".
std::string to_flags(const Schedule& schedule);

// The path that a user means by a path or by a name that one step alone has; an undo is NAME/compensate. Of a step with
// hooks it is the step itself: "charge.charge" for "charge".
// Errors: "simulate.step" (no such step, or several).
Result<std::string> find_path(const definition::Definition& definition, std::string_view name);

// "charge=refused", "charge/compensate=lost". Errors: "simulate.step", "simulate.outcome".
Result<Fault> parse_fault(const definition::Definition& definition, std::string_view text);

}  // namespace skald::dry_run

#include "engine/definition/steps/kinds.hpp"

#include <array>

namespace skald::definition {
namespace {

constexpr std::array<StepKind, 12> kKinds = {{
    {.key = "do", .read = read_do, .can_compensate = true, .is_call = false},
    {.key = "call", .read = read_call, .can_compensate = true, .is_call = true},
    {.key = "set", .read = read_set, .can_compensate = false, .is_call = false},
    {.key = "raise", .read = read_raise, .can_compensate = false, .is_call = false},
    {.key = "wait", .read = read_wait, .can_compensate = false, .is_call = false},
    {.key = "switch", .read = read_switch, .can_compensate = false, .is_call = false},
    {.key = "for", .read = read_for, .can_compensate = true, .is_call = false, .takes = "do"},
    {.key = "fork", .read = read_fork, .can_compensate = true, .is_call = false, .can_undo = false},
    {.key = "try", .read = read_try, .can_compensate = true, .is_call = false, .can_undo = false},
    {.key = "listen",
     .read = read_listen,
     .can_compensate = false,
     .is_call = false,
     .can_undo = false,
     .holds = "foreach"},
    {.key = "emit", .read = read_emit, .can_compensate = true, .is_call = false},
    {.key = "run", .read = read_run, .can_compensate = true, .is_call = true},
}};

}  // namespace

std::span<const StepKind> step_kinds() {
  return kKinds;
}

}  // namespace skald::definition

// The step kinds: a row each, with the reader of the kind's own keys (steps/<kind>.cpp).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/step.hpp"

namespace skald::definition {

struct StepKind {
  std::string_view key;  // whose presence makes a step one of this kind
  // Takes the kind's keys from the step's map; `value` is that of `key`. nullopt: errors were reported.
  std::optional<Step::Kind> (*read)(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
  bool can_compensate;          // it has, or contains, effects
  bool is_call;                 // it has attempts: retry and onUnknown mean something
  bool can_undo = true;         // it may stand in a compensation
  std::string_view takes = {};  // the key of another kind that belongs to this one, as `do` to `for`
  std::string_view holds = {};  // the key that makes it one with steps inside, which may have effects
};

std::span<const StepKind> step_kinds();

std::optional<Step::Kind> read_do(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_call(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_set(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_raise(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_wait(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_for(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_try(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_fork(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_emit(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_listen(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_run(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);
std::optional<Step::Kind> read_switch(LoadContext& context, MapReader& step, const Node& value, const Scope& scope);

}  // namespace skald::definition

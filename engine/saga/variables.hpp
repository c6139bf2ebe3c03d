// What expressions see of an execution: $workflow, $steps, $context, $input, $output, $step, $error, $compensation, ...
//
// Resolved on demand, so that no payload is copied for an expression that does not read it. Lives for one evaluation
// and refers to the state it was made from.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/definition/definition.hpp"
#include "engine/expression/environment.hpp"
#include "engine/saga/state.hpp"

namespace skald::saga {

struct Scope {
  std::string_view path;  // of the step the expression belongs to; empty: the workflow
  const definition::Step* step = nullptr;
  const Payload* input = nullptr;   // $input
  const Payload* output = nullptr;  // $output, where there is one
  const Payload* error = nullptr;   // $error, where there is one
  std::string_view error_name = "error";
  std::uint32_t round = 0;  // of the step within the one around it
  // The expression stands in the step itself, for this round of the steps inside: `while`, `foreach`.
  std::uint32_t inside = 0;
  const Payload* raw_output = nullptr;  // $task.output where it is not $output
  Timestamp now{};                      // when a step that has not started is starting
};

class Variables final : public expression::Environment {
 public:
  Variables(const definition::Definition& definition, const State& state, const Scope& scope)
      : definition_(definition), state_(state), scope_(scope) {}

  std::optional<Found> resolve(std::string_view name, std::span<const std::string> fields) const override;

 private:
  Found keep(Json value, std::size_t consumed) const;
  Found workflow(std::span<const std::string> fields) const;
  Found step() const;
  std::string_view hooked_list() const;
  Found hooked_step(std::string_view list) const;
  const Json& written(const definition::Step& step) const;
  Payload raw_input_of_step() const;
  Found steps(std::span<const std::string> fields) const;
  std::optional<Found> compensation() const;
  std::optional<Found> callback(std::span<const std::string> fields) const;
  std::optional<Found> made_around(std::string_view name) const;
  std::optional<Found> made_by(std::string_view path, std::uint32_t round, std::string_view name) const;
  const StepState* find_visible(std::string_view name) const;
  const StepState& between_hooks(const StepState& step) const;
  const StepState& spoken_for(const StepState& step) const;
  Json describe_step(const StepState& step) const;

  const definition::Definition& definition_;
  const State& state_;
  const Scope& scope_;
  mutable std::deque<Json> made_;  // values built for this evaluation
};

}  // namespace skald::saga

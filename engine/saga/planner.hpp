// Works one decision out, in place: records events (and folds them at once, through apply()), collects effects.
//
// Internal to the saga machine. A StepState reference is good until the next record(): events grow the tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/saga/decide.hpp"
#include "engine/saga/variables.hpp"

namespace skald::saga {

class Planner {
 public:
  // `decision` comes with the state that it starts from as its `next`.
  Planner(const Context& context, Decision& decision, std::string actor);

  const Context& context() const { return context_; }
  const definition::Definition& definition() const { return context_.definition; }
  const State& state() const { return state_; }
  Timestamp now() const { return context_.now; }

  // The instance at a path that is known to exist.
  const StepState& step(std::string_view path) const;
  // The definition's step of an instance. Throws std::logic_error where the history does not fit the definition.
  const definition::Step& step_definition(std::string_view path) const;

  void record(EventData event);
  bool refused() const { return decision_.refusal.has_value(); }
  void refuse(std::string code, std::string message, std::string remedy = {});

  // Records the next attempt of a request that is there already, and sends it.
  void start_attempt(std::string_view path);
  void start_settling(std::string_view path);
  // Sends the attempt that has just been recorded.
  void send(std::string_view path, bool settling);

  void raise_incident(std::string_view path, IncidentKind kind, Payload error);

  // Whether a pivot may have happened: until its answer is definite nothing is undone.
  bool pivot_is_open() const;
  // Cancelled or timed out, and not undoing yet: nothing new may start.
  bool is_ending() const;
  // The retry policy that a step's own request follows; null: tried once.
  const definition::RetryPolicy* retry_policy(const definition::Step& step, std::string_view path) const;
  std::uint64_t next_seed() { return context_.seed + 0x9E3779B97F4A7C15ull * ++seeds_used_; }

 private:
  const Context& context_;
  Decision& decision_;
  State& state_;
  std::string actor_;
  std::uint64_t seeds_used_ = 0;
};

}  // namespace skald::saga

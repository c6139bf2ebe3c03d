// Works one decision out, in place: records events (and folds them at once, through apply()), collects effects.
//
// Internal to the saga machine. A StepState reference is good until the next record(): events grow the tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/limits.hpp"
#include "engine/base/mix.hpp"
#include "engine/saga/decide.hpp"
#include "engine/saga/variables.hpp"

namespace skald::saga {

class Planner {
 public:
  // `decision` comes with the state that it starts from as its `next`. No step is started any more once `events_max`
  // events are recorded.
  Planner(const Context& context, Decision& decision, std::string actor,
          std::size_t events_max = limits::kTurnEventsMax);

  const Context& context() const { return context_; }
  const definition::Definition& definition() const { return context_.definition; }
  const State& state() const { return state_; }
  Timestamp now() const { return context_.now; }

  // The instance at a path that is known to exist.
  const StepState& step(std::string_view path) const;
  // The definition's step of an instance. Throws std::logic_error where the history does not fit the definition.
  const definition::Step& step_definition(std::string_view path) const;

  void record(EventData event);

  // The step at `path` is about to start, in that round of the step around it.
  void enter(std::string_view path, std::uint32_t round) { entered_ = {std::string(path), round}; }
  // Of a step that has been entered or has started.
  std::uint32_t round_of(std::string_view path) const;
  bool refused() const { return decision_.refusal.has_value(); }
  void refuse(std::string code, std::string message, std::string remedy = {});

  // A new execution for a request that runs one.
  std::optional<ExecutionId> execution_for(const Request& request);
  // Records the next attempt of a request that is there already, and sends it.
  void start_attempt(std::string_view path);
  void start_settling(std::string_view path);
  // Sends the attempt that has just been recorded.
  void send(std::string_view path, bool settling);

  void raise_incident(std::string_view path, IncidentKind kind, Payload error);

  // Whether a pivot may have happened: until its answer is definite nothing is undone.
  bool pivot_is_open() const;
  // Where the flow goes on behind a step that somebody else's word has ended: as its `then` says, but for an undoing
  // behind the pivot.
  std::string directive_after(const definition::Step& step) const;

  // Whether this decision may start another step. Once it may not it is cut short, and the next one follows at once.
  bool may_start();
  bool is_cut_short() const { return cut_short_; }
  // Whether a `try` around the step looks at its error first.
  bool is_being_tried(std::string_view path) const;
  // The retry policy that a step's own request follows; null: tried once.
  const definition::RetryPolicy* retry_policy(const definition::Step& step, std::string_view path) const;
  // How long an attempt may take by that policy; nullopt: it does not say, or by an expression.
  std::optional<Millis> attempt_limit(const definition::Step& step, std::string_view path) const;
  std::uint64_t next_seed() { return context_.seed + kMixStep * ++seeds_used_; }

 private:
  const Context& context_;
  Decision& decision_;
  State& state_;
  std::string actor_;
  std::uint64_t seeds_used_ = 0;
  std::pair<std::string, std::uint32_t> entered_;
  std::size_t events_max_;
  bool cut_short_ = false;
};

}  // namespace skald::saga

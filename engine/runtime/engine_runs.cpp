// What one execution has another one do: begin, cancel itself, undo itself; and the answer on its way back.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/runtime/engine_impl.hpp"
#include "engine/runtime/run_messages.hpp"
#include "engine/saga/runs.hpp"

namespace skald::runtime {
namespace {

// Why no execution is begun, whenever it is tried; anything else may pass.
constexpr std::array<std::string_view, 6> kRefusals = {"workflow.unknown", "workflow.unknown_version", "workflow.pivot",
                                                       "input.invalid",    "unique.invalid",           "unique.taken"};
// A command that came too late, or that the execution does not follow, or cannot: its end will say what became of it.
constexpr std::array<std::string_view, 7> kNoes = {
    "execution.unknown",  "execution.ended",       "execution.pivot", "execution.cancel_refused",
    "history.unreadable", "definition.unreadable", "engine.internal"};

// It cannot undo itself before somebody has looked at it.
constexpr std::array<std::string_view, 4> kUnable = {"execution.unknown", "history.unreadable", "definition.unreadable",
                                                     "engine.internal"};

bool is_among(const auto& codes, const Error& error) {
  return std::ranges::find(codes, error.code) != codes.end();
}

}  // namespace

void Engine::Impl::hear(const ports::Delivery& delivery, Callback<void> heard) {
  auto decoded = decode_message(delivery.what.envelope);
  if (!decoded) return heard(std::unexpected(std::move(decoded.error())));
  auto* begin = std::get_if<BeginRun>(&*decoded);
  if (begin && (delivery.attempts > 0 || is_for_a_while(begin->target)))
    return begin_if_wanted(std::move(*begin), std::move(heard));
  std::visit([&](auto& what) { hear(std::move(what), std::move(heard)); }, *decoded);
}

// Whether what was refused may be begun when it is said again, after a crash: its unique key is free by then.
bool Engine::Impl::is_for_a_while(const saga::RunTarget& target) const {
  const auto version = target.version.empty() ? std::nullopt : std::optional(target.version);
  const auto found = shared_.definitions.find(target.namespace_name, target.workflow, version);
  return !found || found->definition->saga.unique;
}

// Much may have become of who wants it since it was said.
void Engine::Impl::begin_if_wanted(BeginRun begin, Callback<void> heard) {
  const auto parent = begin.parent.by.execution;
  view(parent, [this, begin = std::move(begin), heard = std::move(heard)](Result<Snapshot> state) mutable {
    if (!state && state.error().code != "execution.unknown") return heard(std::unexpected(std::move(state.error())));
    const auto* step = state ? saga::find_step(**state, begin.parent.by.step) : nullptr;
    const bool is_wanted = step && saga::is_running_another(*step) && step->execution == begin.execution &&
                           !saga::is_terminal((*state)->phase);
    is_wanted ? hear(std::move(begin), std::move(heard)) : heard({});
  });
}

void Engine::Impl::hear(BeginRun begin, Callback<void> heard) {
  auto answered = [this, id = begin.execution, parent = begin.parent,
                   heard = std::move(heard)](Result<Started> started) mutable {
    if (started || !is_among(kRefusals, started.error())) return begun(parent, std::move(started), std::move(heard));
    // What is the newest version now was not, perhaps, when it was begun.
    view(id, [this, id, parent = std::move(parent), refusal = std::move(started.error()),
              heard = std::move(heard)](Result<Snapshot> state) mutable {
      const bool is_unknown = !state && state.error().code == "execution.unknown";
      if (is_unknown) return hear(AnswerRun{.to = parent.by, .answer = saga::refused_run(refusal)}, std::move(heard));
      if (!state) return heard(std::unexpected(std::move(state.error())));
      begun(parent, Started{.id = id, .existing = true, .state = std::move(*state)}, std::move(heard));
    });
  };
  StartCommand command{.namespace_name = std::move(begin.target.namespace_name),
                       .workflow = std::move(begin.target.workflow),
                       .version = std::nullopt,
                       .input = std::move(begin.input)};
  if (!begin.target.version.empty()) command.version = std::move(begin.target.version);
  command.run =
      RunOf{.parent = std::move(begin.parent), .timeout = begin.target.timeout, .may_have_pivot = begin.target.pivot};
  start_as(begin.execution, std::move(command), std::move(answered));
}

// One that has ended already says so again.
void Engine::Impl::begun(const saga::Parent& parent, Result<Started> started, Callback<void> heard) {
  if (!started) return heard(std::unexpected(std::move(started.error())));
  const bool has_ended = started->existing && saga::is_terminal(started->state->phase);
  if (parent.awaited && !has_ended) return heard({});
  auto answer =
      parent.awaited ? saga::answer_of_run(*started->state) : saga::Answer{.outcome = saga::AttemptOutcome::kDone};
  hear(AnswerRun{.to = parent.by, .answer = std::move(answer)}, std::move(heard));
}

void Engine::Impl::hear(const CancelRun& cancel, Callback<void> heard) {
  deliver(cancel.execution,
          {.actor = {}, .what = saga::CancelExecution{.reason = "what runs it is on its way to its end"}},
          [heard = std::move(heard)](Result<void> done) mutable {
            if (!done && is_among(kNoes, done.error())) return heard({});
            heard(std::move(done));
          });
}

void Engine::Impl::hear(UndoRun undo, Callback<void> heard) {
  saga::Input input{.actor = {}, .what = saga::UndoExecution{.by = undo.by}};
  deliver(undo.execution, std::move(input),
          [this, by = std::move(undo.by), heard = std::move(heard)](Result<void> done) mutable {
            if (done || !is_among(kUnable, done.error())) return heard(std::move(done));
            hear(AnswerRun{.to = std::move(by), .answer = saga::refused_run(done.error())}, std::move(heard));
          });
}

// Where nobody waits for it any more, nobody is told.
void Engine::Impl::hear(AnswerRun answer, Callback<void> heard) {
  saga::Input input{.actor = {},
                    .what = saga::AttemptEnded{.step = std::move(answer.to.step),
                                               .attempt = answer.to.attempt,
                                               .settling = false,
                                               .answer = std::move(answer.answer)}};
  deliver(answer.to.execution, std::move(input), [heard = std::move(heard)](Result<void> done) mutable {
    if (!done && done.error().code == "execution.unknown") return heard({});
    heard(std::move(done));
  });
}

}  // namespace skald::runtime

// What one execution has another one do: begin, cancel itself, undo itself; and the answer on its way back.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/runtime/engine_impl.hpp"
#include "engine/runtime/refusals.hpp"
#include "engine/runtime/run_messages.hpp"
#include "engine/saga/runs.hpp"

namespace skald::runtime {
namespace {

// Why no execution is begun, whenever it is tried; anything else may pass.
constexpr std::array<std::string_view, 4> kRefusals = {"workflow.unknown", "workflow.unknown_version", "input.invalid",
                                                       "workflow.pivot"};
// A command that came too late, or that the execution does not follow: its end will say what became of it.
constexpr std::array<std::string_view, 4> kNoes = {"execution.unknown", "execution.ended", "execution.pivot",
                                                   "execution.cancel_refused"};

bool is_among(const auto& codes, const Error& error) {
  return std::ranges::find(codes, error.code) != codes.end();
}

}  // namespace

void Engine::Impl::hear(const std::string& message, Callback<void> heard) {
  auto decoded = decode_message(message);
  if (!decoded) return heard(std::unexpected(std::move(decoded.error())));
  std::visit([&](auto& what) { hear(std::move(what), std::move(heard)); }, *decoded);
}

void Engine::Impl::hear(BeginRun begin, Callback<void> heard) {
  auto answered = [this, parent = begin.parent, heard = std::move(heard)](const Result<Started>& started) mutable {
    if (!started && !is_among(kRefusals, started.error())) return heard(std::unexpected(started.error()));
    if (started && parent.awaited) return heard({});
    auto answer = started ? saga::Answer{.outcome = saga::AttemptOutcome::kDone} : saga::refused_run(started.error());
    hear(AnswerRun{.to = std::move(parent.by), .answer = std::move(answer)}, std::move(heard));
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

void Engine::Impl::hear(const CancelRun& cancel, Callback<void> heard) {
  deliver(cancel.execution, {.actor = {}, .what = saga::CancelExecution{.reason = "the step that runs it has ended"}},
          [heard = std::move(heard)](Result<void> done) mutable {
            if (!done && is_among(kNoes, done.error())) return heard({});
            heard(std::move(done));
          });
}

void Engine::Impl::hear(UndoRun undo, Callback<void> heard) {
  saga::Input input{.actor = {}, .what = saga::UndoExecution{.by = undo.by}};
  deliver(undo.execution, std::move(input),
          [this, by = std::move(undo.by), heard = std::move(heard)](Result<void> done) mutable {
            if (done || done.error().code != "execution.unknown") return heard(std::move(done));
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

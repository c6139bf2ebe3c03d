// An execution that cannot be had in memory: its row says so to whoever lists what waits for an operator, and it can
// still be terminated. It is tried again in a while, for the case that its cause was removed.
#include <algorithm>
#include <utility>

#include "engine/runtime/command_codec.hpp"
#include "engine/runtime/deliveries.hpp"
#include "engine/runtime/event_telemetry.hpp"
#include "engine/runtime/execution_driver_parts.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/execution_summary.hpp"
#include "engine/runtime/history_rows.hpp"
#include "engine/runtime/refusals.hpp"
#include "engine/saga/apply.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/runs.hpp"

namespace skald::runtime {
namespace {

constexpr Millis kStorePauseFirst{100};
constexpr Millis kStorePauseMax{5'000};
constexpr Millis kAsidePauseFirst{60'000};
constexpr Millis kAsidePauseMax{3'600'000};

// What can be read of it.
struct Remains {
  ports::StoredExecution row;
  std::optional<saga::State> state;
  std::optional<saga::Waiting> waiting;  // where the state cannot be read: the step of the parent that is to hear
};

Result<Remains> read_remains(ports::HistoryStore& store, ports::InHand& in_hand, const ExecutionId& id) {
  auto row = store.read_execution(id);
  if (!row) return std::unexpected(std::move(row.error()));
  Remains remains{.row = std::move(*row), .state = std::nullopt, .waiting = std::nullopt};
  if (in_hand.is_suspected(id)) return remains;
  const ports::Holding holding(in_hand, id);
  if (auto state = read_state(store, id)) {
    remains.state = std::move(*state);
  } else if (const auto& parent = remains.row.created.parent) {
    if (const auto above = read_state(store, *parent)) remains.waiting = saga::waiting_for(*above, id);
  }
  return remains;
}

// As much of the state as its row, and who waits for it, tell.
saga::State state_of(const ports::StoredExecution& row, const std::optional<saga::Waiting>& waiting) {
  saga::State state{.id = row.id};
  if (waiting && waiting->is_for_undo) {
    state.undone_by = waiting->by;
  } else if (waiting) {
    state.parent = saga::Parent{.by = waiting->by};
  }
  state.namespace_name = row.created.namespace_name;
  state.name = row.created.workflow;
  state.version = row.created.version;
  state.digest = row.created.digest;
  state.labels = row.created.labels;
  state.started_at = row.created.started_at;
  state.position = row.position;
  state.phase = saga::parse_phase(row.summary.phase).value_or(saga::Phase::kRunning);
  state.status = row.summary.status;
  return state;
}

Error ended_already(const ExecutionId& id) {
  return {.code = "execution.ended",
          .message = "the execution has ended, so it cannot be terminated",
          .subject = to_string(id)};
}

// What is not known to be without effect may have had one.
saga::CompensationState left_by(const std::optional<saga::State>& state) {
  const bool clean = state && (state->pivoted || saga::standing_steps(*state).empty());
  return clean ? saga::CompensationState::kNone : saga::CompensationState::kIncomplete;
}

}  // namespace

void ExecutionDriver::set_aside(const Error& error, bool retry_soon) {
  auto& shared = host_.shared();
  if (!start_ && !shared.shards.serves(id_)) return let_go(moved(id_));
  stage_ = Stage::kSetAside;
  failures_ = 0;
  if (std::exchange(retries_soon_, retry_soon) != retry_soon) pauses_ = 0;
  aside_ = std::make_unique<Aside>(Aside{.error = error});
  auto termination = retry_soon ? std::nullopt : take_termination();
  if (retry_soon) {
    host_.warn("an execution could not be read; it is tried again", error);
  } else {
    const auto id = to_string(id_);
    const auto text = to_text(error);
    shared.log.write(ports::LogLevel::kError, "an execution cannot be read or advanced; it is set aside",
                     {{"execution", id}, {"error", text}});
    shared.telemetry.store_error("unreadable");
    const bool is_unknown = error.code == "history.unknown_kind" || error.code == "definition.unreadable";
    if (is_unknown && !shared.outdated.exchange(true)) {
      shared.log.write(
          ports::LogLevel::kError,
          "the database has what this version of Skald does not know; nodes of a newer version that share it "
          "take over this one's shards");
    }
    // A newer node has a minute to take it over before it is called an incident.
    if (!is_unknown || pauses_ > 0) mark_row();
  }
  refuse_all(error);
  const auto pause =
      retry_soon ? next_pause(kStorePauseFirst, kStorePauseMax) : next_pause(kAsidePauseFirst, kAsidePauseMax);
  host_.timers().set(*this, shared.time.steady() + pause);
  if (termination) terminate_aside(std::move(*termination));
}

// A word that does not need the state.
std::optional<ExecutionDriver::Mail> ExecutionDriver::take_termination() {
  const auto it = std::ranges::find_if(mailbox_, [](const Mail& mail) {
    return mail.reply && mail.input && std::holds_alternative<saga::TerminateExecution>(mail.input->what);
  });
  if (it == mailbox_.end()) return std::nullopt;
  auto mail = std::move(*it);
  mailbox_.erase(it);
  return mail;
}

// Tells it among the open incidents, which is where an operator looks.
void ExecutionDriver::mark_row() {
  host_.offload([&history = host_.shared().history, id = id_] { return history.read_execution(id); },
                [&host = host_, id = id_, number = number_](const Result<ports::StoredExecution>& row) {
                  auto* driver = host.find(id, number);
                  if (driver && row) driver->write_mark(*row);
                });
}

void ExecutionDriver::write_mark(const ports::StoredExecution& row) {
  if (!aside_ || aside_->appending) return;
  if (!row.summary.wake_at) return let_go(Error(aside_->error));  // it has ended, and nothing is to be done
  host_.shared().telemetry.execution_standing(
      id_, {.workflow = row.created.workflow, .compensating_since = {}, .incidents = {"unreadable"}});
  if (row.summary.open_incidents > 0) return;
  ports::Append own{.execution = id_, .epoch = epoch_, .expected_position = row.position};
  own.summary = row.summary;
  own.summary->open_incidents = 1;
  own.summary->resting = false;
  append_aside(std::move(own));
}

void ExecutionDriver::terminate_aside(Mail mail) {
  host_.offload([&shared = host_.shared(), id = id_] { return read_remains(shared.history, shared.in_hand, id); },
                [&host = host_, id = id_, number = number_, mail = std::move(mail)](Result<Remains> remains) mutable {
                  if (!remains) return mail.reply(std::unexpected(std::move(remains.error())));
                  auto* driver = host.find(id, number);
                  if (!remains->row.summary.wake_at) {
                    if (driver && driver->aside_ && !driver->aside_->appending)
                      driver->let_go(Error(driver->aside_->error));
                    return mail.reply(std::unexpected(ended_already(id)));
                  }
                  if (!driver) return mail.reply(std::unexpected(moved(id)));
                  if (!driver->aside_ || driver->aside_->appending) return driver->put(std::move(mail));
                  auto end = remains->state ? *remains->state : state_of(remains->row, remains->waiting);
                  driver->write_end(std::move(mail), remains->row, std::move(end), left_by(remains->state));
                });
}

void ExecutionDriver::write_end(Mail mail, const ports::StoredExecution& row, saga::State state,
                                saga::CompensationState left) {
  auto end = std::make_shared<saga::State>(std::move(state));
  const Timestamp at = std::max(host_.shared().time.now(), end->updated_at);
  const auto& command = std::get<saga::TerminateExecution>(mail.input->what);
  const saga::Event event{
      .at = at, .epoch = epoch_, .actor = mail.input->actor, .data = saga::terminated(left, command.reason)};
  aside_->phase_before = end->phase;
  saga::apply(*end, event);
  ports::Append own{.execution = id_, .epoch = epoch_, .expected_position = row.position};
  own.rows = to_rows({event}, row.position);
  own.summary = summary_change(row.summary, *end, at);
  own.subscriptions.emplace();
  own.deliveries = deliveries_of({event}, *end, nullptr, *host_.shared().definitions.operations());
  if (mail.command != 0)
    own.applied = ports::CommandApplied{.number = mail.command, .answer = encode_answer(std::nullopt)};
  aside_->events = {event};
  aside_->end = std::move(end);
  aside_->reply = std::move(mail.reply);
  append_aside(std::move(own));
}

void ExecutionDriver::append_aside(ports::Append own) {
  aside_->appending = true;
  ports::AppendGroup group;
  group.appends.push_back(std::move(own));
  host_.append(std::move(group), *this);
}

void ExecutionDriver::aside_ended(const ports::AppendResult& result) {
  aside_->appending = false;
  const bool is_written = result.verdict == ports::Verdict::kWritten;
  auto& shared = host_.shared();
  const auto end = std::exchange(aside_->end, nullptr);
  if (end) {
    auto reply = std::move(aside_->reply);
    if (is_written) {
      if (!lost_) {
        count_events(shared.telemetry, aside_->events, *end);
        count_phase(shared.live, aside_->phase_before, *end);
        shared.telemetry.execution_standing(id_, {.workflow = end->name, .compensating_since = {}, .incidents = {}});
      }
      shared.emitted();
      leave();
      reply(end);
      return refuse_all(ended_already(id_));
    }
    const bool is_unknown = result.verdict == ports::Verdict::kUnknown;
    reply(
        failure("store.unavailable",
                is_unknown ? "it is not known whether the termination was written" : "the termination was not written",
                to_string(id_), "look at the execution, then try again",
                result.error ? to_text(*result.error) : std::string()));
  }
  if (lost_) return let_go(moved(id_));
  if (result.verdict == ports::Verdict::kFenced) shared.fenced();
  if (end && result.verdict == ports::Verdict::kUnknown) return load();
  while (auto termination = take_termination()) terminate_aside(std::move(*termination));
}

}  // namespace skald::runtime

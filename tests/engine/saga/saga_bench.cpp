#include "tests/engine/saga/saga_bench.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "engine/base/duration.hpp"
#include "engine/base/invariant.hpp"
#include "engine/saga/apply.hpp"
#include "engine/saga/event_codec.hpp"
#include "engine/saga/event_kinds.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/transitions.hpp"
#include "tests/engine/definition/sample_documents.hpp"

namespace skald::saga {
namespace {

std::string time_text(Timestamp at) {
  return at == Timestamp{} ? "-" : format_rfc3339(at);
}
std::string time_text(const std::optional<Timestamp>& at) {
  return at ? format_rfc3339(*at) : "-";
}

std::string describe(const Request* request) {
  if (!request) return "none";
  std::string headers;
  for (const auto& [name, value] : request->headers) headers += name + "=" + value + ";";
  std::string text = fmt::format("{}.{} {} {} [{}] {}", request->adapter, request->operation, request->method,
                                 request->target, headers, request->body);
  if (request->output != definition::AnswerForm::kContent)
    text += fmt::format(" output {}", to_string(request->output));
  if (request->redirect) text += " redirect";
  if (request->run) {
    const auto& run = *request->run;
    text += fmt::format(" runs {}/{} '{}'{}{}{}", run.namespace_name, run.workflow, run.version,
                        run.awaited ? "" : " detached", run.pivot ? " pivot" : "",
                        run.timeout ? " in " + format_duration(*run.timeout) : "");
  }
  if (request->undoes) text += " undoes " + to_string(*request->undoes);
  return text;
}

std::string describe(const RunBy& by) {
  return fmt::format("{} {} #{}", to_string(by.execution), by.step, by.attempt);
}

std::string describe(const Attempts& a) {
  return fmt::format("#{} counted {} lost {} {} first {} last {} retry {} error {}", a.number, a.counted,
                     a.lost_in_a_row, a.in_flight ? "in flight" : "idle", time_text(a.first_at), time_text(a.last_at),
                     time_text(a.retry_at), dump_json(a.last_error.json()));
}

// What control flow adds, where it adds something.
std::string describe_flow(const StepState& s) {
  std::string text;
  if (s.round != 0) text += fmt::format(" round {}", s.round);
  if (!s.then.empty()) text += fmt::format(" then {}", s.then);
  if (s.apart) text += " apart";
  if (!s.items.is_null()) text += " items " + dump_json(s.items.json());
  for (const auto& listen : s.listens) text += " listens " + listen.shape + listen.key;
  for (const auto& e : s.events) text += fmt::format(" event {} {}", e.pattern, dump_json(e.event.json()));
  for (const auto& result : s.results) text += " result " + (result ? dump_json(result->json()) : "as it is read");
  if (s.listening_ended) text += " listens no more";
  if (s.answered) text += " answered";
  if (s.execution) text += " runs " + to_string(*s.execution) + (s.run_cancelled ? " cancelled" : "");
  if (s.handler_round != 0) text += fmt::format(" caught {} for round {}", dump_json(s.caught.json()), s.handler_round);
  if (s.limit) {
    text += fmt::format(" each {} until {}{}", format_duration(s.limit->length), time_text(s.limit->deadline),
                        s.limit->passed ? " passed" : "");
  }
  if (s.undoing) {
    text += fmt::format(" undoing {} '{}' {} but {}", to_string(s.undoing->reason), s.undoing->failed_step,
                        dump_json(s.undoing->error.json()), s.undoing->kept);
  }
  return text;
}

std::string describe(const StepState& s, const std::string& indent) {
  std::string text = fmt::format(
      "{}{} '{}' status {} undo {} at {}..{} (event {}) deadline {} wait {}\n{}  in {} out {} error {} request {}\n"
      "{}  attempts {}\n{}  settling {}\n{}  flags {}{}{}{}{} origin {}\n",
      indent, s.path, s.name, int(s.status), int(s.undo_status), time_text(s.started_at), time_text(s.ended_at),
      s.ended_position, time_text(s.deadline), time_text(s.wait_until), indent, dump_json(s.input.json()),
      dump_json(s.output.json()), dump_json(s.error.json()), describe(s.request.get()), indent, describe(s.attempts),
      indent, describe(s.settling), indent, int(s.unknown), int(s.timed_out), int(s.continued), int(s.settled_done),
      int(s.settled_refused), s.origin ? to_string(*s.origin) : "-");
  if (const auto flow = describe_flow(s); !flow.empty()) text += indent + "  flow" + flow + "\n";
  for (const auto& undo : s.undo) text += describe(undo, indent + "  undo ");
  for (const auto& child : s.children) text += describe(child, indent + "  ");
  return text;
}

}  // namespace

definition::OperationCatalog bench_operations() {
  definition::OperationCatalog catalog;
  catalog.adapters["payments"] = {{"charge", {"POST", "/charges"}}, {"refund", {"POST", "/orders/{orderId}/refunds"}}};
  catalog.adapters["inventory"] = {{"reserve", {"POST", "/reservations"}},
                                   {"release", {"POST", "/orders/{orderId}/releases"}}};
  catalog.adapters["shipping"] = {{"create", {"POST", "/shipments"}},
                                  {"cancel", {"DELETE", "/shipments/{orderId}"}},
                                  {"status", {"GET", "/shipments/{orderId}"}}};
  catalog.adapters["notifications"] = {{"send", {"POST", "/messages"}}};
  catalog.adapters["audit"] = {{"take", {"POST", "/events"}}};
  catalog.sinks["audit"] = {.operation = "take", .types = {}};
  return catalog;
}

std::string describe(const State& s) {
  std::string text = fmt::format(
      "{} at {} {}/{} {} {} phase {} outcome {} status '{}' {}..{} updated {} deadline {}\ninput {} output {} error {} "
      "context {}\nflags {}{}{}{} pivot {} cancel '{}'\n",
      to_string(s.id), s.position, s.namespace_name, s.name, s.version, s.digest, to_string(s.phase),
      s.outcome ? to_string(*s.outcome) : "-", s.status, time_text(s.started_at), time_text(s.ended_at),
      time_text(s.updated_at), time_text(s.deadline), dump_json(s.input.json()), dump_json(s.output.json()),
      dump_json(s.error.json()), dump_json(s.context.json()), int(s.suspended), int(s.cancel_requested),
      int(s.timed_out), int(s.pivoted), s.pivot_position, s.cancel_reason);
  if (!s.gives_up.empty()) text += fmt::format("gives up at {}\n", s.gives_up);
  if (s.stands) text += "stands\n";
  if (s.depth != 0 && !s.parent) text += fmt::format("depth {}\n", s.depth);
  if (s.has_rounds || s.turn_ended) text += fmt::format("rounds {} turn ended {}\n", s.has_rounds, s.turn_ended);
  if (s.has_listens) text += "listens\n";
  if (!s.callback_url.empty()) text += fmt::format("callbacks {} {}\n", s.callback_url, s.callback_secret);
  for (const auto& step : s.called_back) text += fmt::format("called back {}\n", step);
  for (const auto& early : s.early_events)
    text += fmt::format("early {} {}\n", early.step, dump_json(early.event.json()));
  for (const auto& [key, value] : s.labels) text += fmt::format("label {}={}\n", key, value);
  text +=
      fmt::format("compensation {} {} '{}' {} deadline {} started {}\n", to_string(s.compensation.state),
                  to_string(s.compensation.reason), s.compensation.failed_step, dump_json(s.compensation.error.json()),
                  time_text(s.compensation.deadline), time_text(s.compensation.started_at));
  for (const auto& i : s.incidents) {
    text += fmt::format("incident {} '{}' {} {} {} {} {} '{}' '{}' {}\n", i.number, i.step, to_string(i.kind),
                        dump_json(i.error.json()), time_text(i.raised_at), i.open,
                        i.resolution ? to_string(*i.resolution) : "-", i.actor, i.reason, time_text(i.resolved_at));
  }
  if (s.replay_of) text += fmt::format("replay of {} from {}\n", to_string(s.replay_of->execution), s.replay_of->from);
  if (s.parent) {
    text += fmt::format("run by {} at depth {}{}\n", describe(s.parent->by), s.parent->depth,
                        s.parent->awaited ? "" : " detached");
  }
  if (s.undone_by) text += fmt::format("undone by {}\n", describe(*s.undone_by));
  for (const auto& r : s.replays)
    text += fmt::format("replay {} {} {} {}\n", to_string(r.replay), r.from, r.reuses, r.reason);
  return text + describe(s.root, "");
}

SagaBench::SagaBench(const std::string& yaml) {
  static const definition::ReadDocuments documents = definition::sample_documents();
  auto loaded = definition::load(yaml, {.operations = &operations_, .is_stored = true, .documents = documents});
  if (!loaded.ok()) {
    for (const auto& d : loaded.diagnostics) ADD_FAILURE() << definition::to_text("case.yaml", d);
    std::abort();
  }
  definition_ = loaded.definition;
  state_.id = make_execution_id(*parse_rfc3339("2026-01-01T00:00:00.000Z"), 1, 2);
  now_ = *parse_rfc3339("2026-01-01T00:00:00.000Z");
}

void SagaBench::store(const Event& event) {
  const auto encoded = encode(event.data);
  rows_.push_back({event.at, event.epoch, event.actor, std::string(encoded.kind), encoded.version, encoded.step,
                   encoded.attempt, encoded.data});
}

State fold(const ExecutionId& id, const std::vector<SagaBench::Row>& rows) {
  State state;
  state.id = id;
  for (const auto& row : rows) {
    auto data = decode(row.kind, row.version, row.step, row.attempt, row.data);
    EXPECT_TRUE(data.has_value()) << to_text(data.error());
    if (!data) return state;
    apply(state, Event{.at = row.at, .epoch = row.epoch, .actor = row.actor, .data = std::move(*data)});
  }
  return state;
}

namespace {

std::set<std::size_t>& seen() {
  static std::set<std::size_t> indices;
  return indices;
}

// The step whose life an event belongs to: of an undo's own end and start, the step being undone.
std::string subject_of(const Event& event) {
  const std::string step = encode(event.data).step;
  const std::string_view kind = kind_of(event.data);
  const bool ends_undo = kind.starts_with("Undo") || kind == "StepSkipped";
  return ends_undo && step.ends_with(kUndoSuffix) ? std::string(parent_of(step)) : step;
}

}  // namespace

const std::set<std::size_t>& seen_transitions() {
  return seen();
}

void SagaBench::check_transition(State& before, const Event& event) {
  const std::string path = subject_of(event);
  const bool is_incident = kind_of(event.data).starts_with("Incident");
  const StepState* step = path.empty() || is_incident ? nullptr : find_step(before, path);
  const std::string from = step ? std::string(place_of(*step)) : "";
  apply(before, event);
  if (path.empty() || is_incident) return;
  const StepState* after = find_step(before, path);
  if (!after && std::holds_alternative<EventReceived>(event.data)) return;  // a callback before its time
  ASSERT_NE(after, nullptr) << path;
  const auto table = step_transitions();
  const Transition made{from, kind_of(event.data), place_of(*after)};
  const auto it = std::find(table.begin(), table.end(), made);
  EXPECT_NE(it, table.end()) << "not in the table: '" << made.from << "' " << made.event << " -> " << made.to << " ("
                             << path << ")";
  if (it != table.end()) seen().insert(static_cast<std::size_t>(it - table.begin()));
}

State SagaBench::fold() const {
  return saga::fold(state_.id, rows_);
}

std::string SagaBench::feed(Input input) {
  if (const auto* ended = std::get_if<AttemptEnded>(&input.what)) {
    const auto it = in_flight_.find(ended->step);
    if (it != in_flight_.end() && it->second.attempt == ended->attempt) in_flight_.erase(it);
  }
  const Context context{
      .definition = *definition_, .operations = operations_, .now = now_, .seed = ++seed, .epoch = epoch_};
  Decision decision = decide(context, state_, input);
  State before = state_;
  for (const auto& event : decision.events) check_transition(before, event);
  events_ = decision.events;
  effects_ = decision.effects;
  if (decision.refusal) {
    EXPECT_TRUE(decision.events.empty()) << "a refused command must not happen";
    return decision.refusal->code;
  }
  state_ = std::move(decision.next);
  for (const auto& event : events_) store(event);
  for (const auto& effect : effects_) {
    const auto& send = std::get<SendRequest>(effect);
    in_flight_[send.step] = send;
  }
  EXPECT_EQ(describe(state_), describe(fold())) << "replay must equal live";
  return "";
}

void SagaBench::crash() {
  std::erase_if(in_flight_, [](const auto& call) { return !call.second.request->is_to_engine(); });
  ++epoch_;
  state_ = fold();
  feed({.actor = "", .what = RecoverExecution{}});
}

}  // namespace skald::saga

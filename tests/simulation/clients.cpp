#include "tests/simulation/clients.hpp"

#include <algorithm>
#include <utility>

#include "engine/runtime/execution_loader.hpp"

namespace skald::simulation {
namespace {

constexpr int kWordsMax = 6;    // of an operator for one execution
constexpr int kRetriesMax = 3;  // before a step is skipped

}  // namespace

bool is_temporary(const Error& error) {
  return error.code == "store.unavailable" || error.code == "engine.draining" || error.code == "engine.overloaded" ||
         error.code == "engine.no_shards" || error.code == "engine.moved" || error.code == "execution.unknown";
}

Nanos soon(World& world) {
  if (world.chance(50)) return world.latency() * static_cast<int>(1 + world.below(20));
  return world.between(1ms, 20s);
}

Node* Clients::any_node() {
  auto& node = *nodes_[around_.world.below(nodes_.size())];
  return node.is_up() ? &node : nullptr;
}

void Clients::place_orders(const std::vector<Workflow>& workflows) {
  auto& world = around_.world;
  // Where some are to be about the same there are more.
  const bool are_about = std::ranges::any_of(workflows, is_about_something);
  const auto count = are_about ? 6 + world.below(8) : 1 + world.below(6);
  for (std::size_t i = 1; i <= count; ++i) {
    auto& order = orders_.emplace_back();
    order.number = static_cast<int>(i);
    order.workflow = workflows[world.below(workflows.size())];
    // Some are about the same.
    const bool is_about = is_about_something(order.workflow) && world.chance(90);
    const auto about = is_about ? fmt::format(R"("about":"a{}",)", world.chance(75) ? 1 : 2) : std::string();
    order.input = Payload::from_trusted_text(fmt::format(R"({{{}"orderId":"o{}"}})", about, i));
    if (world.chance(80)) order.key = fmt::format("key-{}", i);
    world.after(world.between(0s, around_.faults.heals_at() / 2), [this, &order] { ask(order); });
  }
}

void Clients::ask(Order& order) {
  if (order.id || order.given_up) return;
  Node* node = any_node();
  if (!node) return around_.world.after(500ms, [this, &order] { ask(order); });
  ++order.asked;
  around_.world.note("client", "asks {} for order {} ({})", node->name(), order.number, order.workflow.name);
  node->call([this, &order, question = open(*node)](runtime::Engine& engine) {
    engine.start({.namespace_name = order.workflow.namespace_name,
                  .workflow = order.workflow.name,
                  .version = std::nullopt,
                  .input = order.input,
                  .labels = {},
                  .idempotency_key = order.key,
                  .fingerprint = std::string(order.input.text()),
                  .actor = "client"},
                 [this, &order, question, asked_at = around_.world.utc()](Result<runtime::Started> started) {
                   close(question);
                   answered(order, asked_at, std::move(started));
                 });
  });
  if (order.key) {
    // Some do not wait for the answer.
    const Nanos patience = around_.world.chance(20) ? around_.world.between(1ms, 1s) : kPatience;
    around_.world.after(patience, [this, &order] { ask(order); });
  } else {
    around_.world.after(kPatience, [&order] { order.given_up = true; });
  }
}

bool Clients::note_refusal(const Error& error, const Payload& input, std::optional<std::string> key,
                           Timestamp asked_at) {
  if (error.code != "unique.taken") return false;
  const auto holder = parse_execution_id(error.subject);
  if (!holder) around_.oracle.problem("a start was refused for nobody");
  if (holder) refusals_.push_back({.input = input, .key = std::move(key), .holder = *holder, .asked_at = asked_at});
  return true;
}

void Clients::answered(Order& order, Timestamp asked_at, Result<runtime::Started> started) {
  auto& oracle = around_.oracle;
  if (!started) {
    around_.world.note("client", "order {} is refused: {}", order.number, started.error().code);
    if (note_refusal(started.error(), order.input, order.key, asked_at)) {
      order.given_up = true;
      return;
    }
    if (!is_temporary(started.error()))
      oracle.problem(fmt::format("a start was answered {}", to_text(started.error())));
    return;
  }
  around_.world.note("client", "order {} is execution {}{}", order.number, short_id(started->id),
                     started->existing ? ", which existed" : "");
  oracle.start_acknowledged(*started, order.input);
  oracle.state_seen(*started->state);
  if (order.id && *order.id != started->id) {
    oracle.problem(fmt::format("order {} was acknowledged as {} and as {}", order.number, short_id(*order.id),
                               short_id(started->id)));
  }
  if (std::exchange(order.id, started->id)) return;
  change_mind(order);
}

void Clients::change_mind(const Order& order) {
  if (around_.faults.happens(Fault::kCancel)) {
    command_later(*order.id, {.actor = "client", .what = saga::CancelExecution{reason()}});
  }
  if (around_.faults.happens(Fault::kSuspend)) {
    command_later(*order.id, {.actor = "operator", .what = saga::SuspendExecution{reason()}});
  }
  if (around_.faults.happens(Fault::kTerminate)) {
    command_later(*order.id, {.actor = "operator", .what = saga::TerminateExecution{reason()}});
  }
  around_.world.after(soon(around_.world), [this, id = *order.id] { look_at(id); });
}

void Clients::command_later(const ExecutionId& id, saga::Input input) {
  ++commands_;
  around_.world.after(soon(around_.world), [this, id, input = std::move(input)]() mutable {
    --commands_;
    command(id, std::move(input));
  });
}

void Clients::command(const ExecutionId& id, saga::Input input) {
  Node* node = any_node();
  if (!node) return;
  around_.world.note("operator", "speaks to {} about {}", node->name(), short_id(id));
  node->call([this, id, input = std::move(input), question = open(*node)](runtime::Engine& engine) mutable {
    engine.command(id, std::move(input), [this, id, question](Result<runtime::Snapshot> state) {
      close(question);
      if (state) return around_.oracle.state_seen(**state);
      around_.world.note("operator", "is refused: {}", state.error().code);
      if (state.error().code == "engine.internal") around_.oracle.problem(to_text(state.error()));
      look_at(id);
    });
  });
}

void Clients::look_at(const ExecutionId& id) {
  Node* node = any_node();
  if (!node) return;
  node->call([this, id, question = open(*node)](runtime::Engine& engine) {
    engine.view(id, [this, question](Result<runtime::Snapshot> state) {
      close(question);
      if (state) around_.oracle.state_seen(**state);
    });
  });
}

void Clients::operate() {
  auto& world = around_.world;
  for (const auto& row : around_.database.executions()) {
    if (!row.summary.wake_at) consider_replay(row);
    if (row.summary.phase != "suspended" || is_given_up(row)) continue;
    if (around_.faults.healed() || world.chance(20)) look_after(row.id);
  }
  world.after(world.between(3s, 6s), [this] { operate(); });
}

bool Clients::is_given_up(const ports::StoredExecution& row) const {
  return row.summary.phase == "suspended" && row.summary.open_incidents > 0 && given_up_.contains(row.id);
}

void Clients::look_after(const ExecutionId& id) {
  const auto state = runtime::read_state(around_.database.rows(), id);
  if (!state) return around_.oracle.problem(to_text(state.error()));
  if (around_.faults.happens(Fault::kTerminate)) {
    return command(id, {.actor = "operator", .what = saga::TerminateExecution{reason()}});
  }
  // An execution held by hand goes on; of those with an incident some stay parked.
  if (state->suspended) return command(id, {.actor = "operator", .what = saga::ResumeExecution{reason()}});
  if (!around_.faults.healed()) return;
  const int words = words_[id]++;
  if (words >= kWordsMax || (words == 0 && around_.world.chance(20))) {
    given_up_.insert(id);
    return;
  }
  for (const auto& incident : state->incidents) {
    if (!incident.open) continue;
    const auto word = words < kRetriesMax ? saga::IncidentResolution::kRetry : saga::IncidentResolution::kSkip;
    return command(id, {.actor = "operator", .what = saga::ResolveIncident{incident.number, word, reason(), {}}});
  }
}

std::string Clients::reason() {
  return fmt::format("word {}", ++reasons_);
}

std::uint64_t Clients::open(const Node& node) {
  questions_[++asked_] = node.life();
  return asked_;
}

bool Clients::are_quiet() const {
  const bool waits = std::ranges::any_of(questions_, [](const auto& question) { return !question.second->over; });
  return commands_ == 0 && !waits && !around_.database.cluster().has_unanswered();
}

bool Clients::all_answered() const {
  return std::ranges::all_of(orders_, [](const Order& order) { return order.id || order.given_up; });
}

}  // namespace skald::simulation

#include "tests/engine/runtime/runtime_bench.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "engine/runtime/execution_loader.hpp"

namespace skald::test {

const char* const kCheckout = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
input:
  schema:
    document: { type: object, required: [orderId] }
saga:
  status: { started: CREATED, completed: COMPLETED, compensated: CANCELLED }
timeout: { after: PT10M }
do:
  - charge:
      call: payments.charge
      with: { orderId: '${ $workflow.input.orderId }' }
      retry: { delay: PT1S, limit: { attempt: { count: 3 } } }
      status: { completed: PAID }
      compensate:
        call: payments.refund
        with: { orderId: '${ $workflow.input.orderId }' }
  - reserve:
      call: stock.reserve
      with: { orderId: '${ $workflow.input.orderId }' }
      compensate:
        call: stock.release
        with: { orderId: '${ $workflow.input.orderId }' }
  - ship:
      call: shipping.ship
      with: { orderId: '${ $workflow.input.orderId }' }
)";

namespace {

template <class T>
Result<T> taken(std::optional<Result<T>>& answer) {
  if (answer) return std::move(*answer);
  ADD_FAILURE() << "no answer came";
  return failure("test.no_answer", "no answer came");
}

}  // namespace

std::shared_ptr<const definition::OperationCatalog> checkout_operations() {
  definition::OperationCatalog catalog;
  catalog.adapters["payments"] = {{"charge", {"POST", "/charges"}}, {"refund", {"POST", "/refunds"}}};
  catalog.adapters["stock"] = {{"reserve", {"POST", "/reservations"}}, {"release", {"POST", "/releases"}}};
  catalog.adapters["shipping"] = {{"ship", {"POST", "/shipments"}}};
  catalog.adapters["mail"] = {{"publish", {"POST", "/events"}}};
  catalog.sinks["mail"] = {.operation = "publish", .types = {"com.shop.*"}};
  return std::make_shared<const definition::OperationCatalog>(std::move(catalog));
}

bool RecordingLog::contains(std::string_view text) const {
  for (const auto& line : lines) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

RuntimeBench::Process::Process(RuntimeBench& bench)
    : definitions(bench.store, bench.clock, bench.log, bench.telemetry),
      engine(loops,
             {.history = bench.store,
              .clock = bench.clock,
              .entropy = bench.entropy,
              .telemetry = bench.telemetry,
              .log = bench.log,
              .in_hand = &bench.in_hand,
              .leases = bench.leases,
              .inbox = bench.inbox,
              .events = &bench.store,
              .outbox = &bench.store,
              .schedules = &bench.store,
              .replaced = [&bench](const Error& error) { bench.replaced.push_back(error.code); },
              .participant =
                  [this, &bench](runtime::Loop&) {
                    auto participant = std::make_unique<ScriptedParticipant>(bench.script);
                    participants.push_back(participant.get());
                    return participant;
                  },
              .blocking = [this](std::move_only_function<void()> work) { blocking.push_back(std::move(work)); }},
             definitions, bench.options_) {}

RuntimeBench::RuntimeBench(runtime::EngineOptions options, const char* workflow)
    : options_(options), workflow_(workflow) {
  start_process();
}

RuntimeBench::~RuntimeBench() {
  kill_process();
}

void RuntimeBench::start_process() {
  process_ = std::make_unique<Process>(*this);
  process_->definitions.set_operations(checkout_operations());
  EXPECT_TRUE(process_->definitions.load_stored().has_value());
  const auto added = process_->definitions.add(workflow_, "file:checkout.yaml", runtime::Replace::kNo, true);
  EXPECT_TRUE(added.has_value());
  for (const auto& diagnostic : added->diagnostics) {
    if (diagnostic.severity == definition::Severity::kError) ADD_FAILURE() << to_text("workflow", diagnostic);
  }
  EXPECT_TRUE(process_->engine.run());
}

void RuntimeBench::kill_process() {
  store.crash();
  process_.reset();
}

bool RuntimeBench::step(bool deliver) {
  bool moved = process_->loops.at(0).context().poll() > 0;
  while (!reads_stall && !process_->blocking.empty()) {
    auto work = std::move(process_->blocking.front());
    process_->blocking.pop_front();
    work();
    moved = true;
  }
  if (deliver && store.deliver() > 0) moved = true;
  for (auto* participant : process_->participants) {
    if (participant->deliver() > 0) moved = true;
  }
  return moved;
}

void RuntimeBench::settle() {
  while (step()) {
  }
}

void RuntimeBench::advance(Millis by, Millis stride) {
  for (Millis done{0}; done < by; done += stride) {
    clock.advance(std::min(stride, by - done));
    process_->engine.tick();
    settle();
  }
}

saga::State RuntimeBench::run_to_end(const ExecutionId& id) {
  for (int i = 0; i < 36'000; ++i) {
    settle();
    auto state = state_in_store(id);
    if (saga::is_terminal(state.phase) || state.phase == saga::Phase::kSuspended) return state;
    clock.advance(Millis(100));
    process_->engine.tick();
  }
  ADD_FAILURE() << "the execution did not end";
  return state_in_store(id);
}

runtime::StartCommand RuntimeBench::order(std::optional<std::string> key, std::string input) {
  return {.namespace_name = "shop",
          .workflow = "checkout",
          .version = std::nullopt,
          .input = Payload::from_trusted_text(input),
          .labels = {},
          .idempotency_key = std::move(key),
          .fingerprint = input,
          .actor = "ann"};
}

Result<runtime::Started> RuntimeBench::start(runtime::StartCommand command) {
  std::optional<Result<runtime::Started>> answer;
  engine().start(std::move(command), [&](Result<runtime::Started> started) { answer = std::move(started); });
  settle();
  return taken(answer);
}

Result<runtime::Snapshot> RuntimeBench::command(const ExecutionId& id, saga::Input input) {
  std::optional<Result<runtime::Snapshot>> answer;
  engine().command(id, std::move(input), [&](Result<runtime::Snapshot> state) { answer = std::move(state); });
  settle();
  return taken(answer);
}

Result<runtime::Started> RuntimeBench::replay(runtime::ReplayCommand command) {
  std::optional<Result<runtime::Started>> answer;
  engine().replay(std::move(command), [&](Result<runtime::Started> started) { answer = std::move(started); });
  settle();
  return taken(answer);
}

Result<saga::State> RuntimeBench::view(const ExecutionId& id) {
  std::optional<Result<runtime::Snapshot>> answer;
  engine().view(id, [&](Result<runtime::Snapshot> state) { answer = std::move(state); });
  settle();
  auto state = taken(answer);
  if (!state) return std::unexpected(state.error());
  return **state;
}

saga::State RuntimeBench::state_in_store(const ExecutionId& id) {
  auto state = runtime::read_state(store, id);
  EXPECT_TRUE(state.has_value());
  return state ? std::move(*state) : saga::State{};
}

ports::ExecutionSummary RuntimeBench::row(const ExecutionId& id) {
  auto row = store.read_execution(id);
  EXPECT_TRUE(row.has_value());
  return row ? row->summary : ports::ExecutionSummary{};
}

void RuntimeBench::write(const ExecutionId& id, ports::HistoryRow row) {
  class Sink final : public ports::AppendSink {
    void appended(std::vector<ports::AppendResult>) override {}
  } sink;
  const auto position = store.read_history(id, 0, 1'000)->size();
  row.position = position + 1;
  store.append({.appends = {{.execution = id, .expected_position = position, .rows = {std::move(row)}}}}, sink);
  store.deliver();
}

}  // namespace skald::test

#include "tests/simulation/node.hpp"

#include <boost/asio/io_context.hpp>
#include <utility>

#include "engine/base/invariant.hpp"
#include "tests/engine/saga/saga_bench.hpp"
#include "tests/simulation/process_ports.hpp"
#include "tests/simulation/simulated_events.hpp"
#include "tests/simulation/simulated_outbox.hpp"
#include "tests/simulation/simulated_participant.hpp"
#include "tests/simulation/simulated_schedules.hpp"
#include "tests/simulation/simulated_store.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace skald::simulation {
namespace {

// How often something may befall a process apart from its appends.
constexpr Nanos kTroubleInterval = 500ms;

}  // namespace

// Declared in the order of dependence: the engine goes first.
struct Node::Process {
  Process(Node& node, LifePtr the_life)
      : around(node.around_),
        life(std::move(the_life)),
        clock(around.world, node.clock_ahead_),
        entropy(around.world.random()()),
        log(around.world, around.oracle, node.name_),
        leases(around.lease ? std::make_unique<SimulatedLeases>(around.world, around.faults, around.database.cluster(),
                                                                life, *around.lease)
                            : nullptr),
        inbox(around.world, around.faults, around.database.cluster(), life),
        events(around.world, around.faults, around.database, life),
        outbox(around.world, around.faults, around.database, life),
        schedules(around.world, around.faults, around.database, life),
        store(around.world, around.faults, around.database, life, leases.get(),
              [&node] { node.crash("at an append"); }),
        loops(1 + around.world.below(2)),
        definitions(store, clock, log, telemetry) {
    life->touched = [this] { touched(); };
    definitions.set_operations(std::make_shared<const definition::OperationCatalog>(saga::bench_operations()));
    SKALD_INVARIANT(definitions.load_stored().has_value());
    for (const auto& yaml : around.workflows) register_workflow(yaml);
    engine = std::make_unique<runtime::Engine>(loops, ports(), definitions, options());
    SKALD_INVARIANT(engine->run().has_value());
    store.begin_faults();
    touched();
  }

  ~Process() { life->over = true; }

  void register_workflow(const std::string& yaml) {
    if (life->number > 1 || life->node > 1) return;  // stored by the first
    const auto added = definitions.add(yaml, "file:simulated.yaml", runtime::Replace::kYes, true);
    SKALD_INVARIANT(added.has_value() && added->registered.has_value());
  }

  runtime::Ports ports() {
    return {.history = store,
            .clock = clock,
            .entropy = entropy,
            .telemetry = telemetry,
            .log = log,
            .leases = leases.get(),
            .inbox = leases ? &inbox : nullptr,
            .events = &events,
            .outbox = &outbox,
            .schedules = &schedules,
            .replaced = [this](const Error& error) { around.oracle.problem(to_text(error)); },
            .participant =
                [this](runtime::Loop& loop) {
                  return std::make_unique<SimulatedParticipant>(around.world, around.faults, around.services,
                                                                around.oracle, life, loop);
                },
            .blocking = [this](std::move_only_function<void()> work) { run_blocking(std::move(work)); },
            .alarm =
                [this](runtime::Loop& loop, runtime::Alarm::Ring ring) {
                  return std::make_unique<SimulatedAlarm>(around.world, life, loop, std::move(ring));
                }};
  }

  runtime::EngineOptions options() {
    auto& world = around.world;
    return {.passivate_after = Millis(world.below(8'000)),
            .due_poll = Millis(500 + static_cast<std::int64_t>(world.below(3'000))),
            .recovery_ramp = Millis(world.below(5'000)),
            .recovery_concurrency = 1 + world.below(8),
            .epoch = life->number};
  }

  void run_blocking(std::move_only_function<void()> work) {
    auto& world = around.world;
    const Nanos delay = around.faults.happens(Fault::kSlowRead) ? world.between(100ms, 10s) : world.latency();
    world.after(life, delay, [this, work = std::move(work)]() mutable {
      work();
      // The answer may wait for a process that stands still.
      if (around.faults.happens(Fault::kStall))
        life->stalled_until = around.world.now() + around.world.between(0s, 20s);
    });
  }

  // Something happened in the process: its loops have a look soon.
  void touched() {
    if (std::exchange(was_turn, false) && was_idle) return;
    if (std::exchange(turn_scheduled, true)) return;
    around.world.after(life, around.world.between(1us, 40us), [this] { turn(); });
  }

  void turn() {
    turn_scheduled = false;
    std::size_t ran = 0;
    for (std::size_t i = 0; i < loops.size(); ++i) ran += loops.at(i).context().poll_one();
    was_turn = true;
    was_idle = ran == 0;
  }

  Surroundings& around;
  LifePtr life;
  WorldClock clock;
  test::SeededEntropy entropy;
  WatchedLog log;
  ports::SilentTelemetry telemetry;
  std::unique_ptr<SimulatedLeases> leases;
  SimulatedInbox inbox;
  SimulatedEvents events;
  SimulatedOutbox outbox;
  SimulatedSchedules schedules;
  SimulatedStore store;
  runtime::Loops loops;
  runtime::Definitions definitions;
  std::unique_ptr<runtime::Engine> engine;
  bool turn_scheduled = false;
  bool was_turn = false;
  bool was_idle = false;
};

Node::Node(Surroundings& around, int number) : around_(around), number_(number), name_(fmt::format("n{}", number)) {}

Node::~Node() {
  process_.reset();
}

void Node::start() {
  ++lives_;
  set_clock();
  around_.world.note(name_, "starts, life {}", lives_);
  auto life = std::make_shared<Life>();
  life->node = number_;
  life->number = lives_;
  process_ = std::make_unique<Process>(*this, life);
  around_.world.after(life, kTroubleInterval, [this] { trouble(); });
}

void Node::trouble() {
  auto& world = around_.world;
  const LifePtr life = process_->life;
  world.after(life, kTroubleInterval, [this] { trouble(); });
  if (around_.faults.happens(Fault::kStall)) stall(world.between(100ms, 40s));
  if (around_.faults.happens(Fault::kDatabaseCut)) life->database_cut_until = world.now() + cut("database");
  if (around_.faults.happens(Fault::kServicesCut)) life->services_cut_until = world.now() + cut("services");
  if (around_.faults.happens(Fault::kClockJump)) step_clock();
  if (around_.faults.happens(Fault::kDrain)) return drain();
  if (around_.faults.happens(Fault::kCrash)) crash("out of the blue");
}

Nanos Node::cut(std::string_view from) {
  const Nanos for_how_long = around_.world.between(100ms, 30s);
  around_.world.note(name_, "is cut from the {} for {} ms", from, for_how_long / 1ms);
  return for_how_long;
}

// The process that starts takes the time to be what the clock says then.
void Node::set_clock() {
  auto& clocks = around_.clocks;
  if (clocks.set_right || lives_ == 1) {
    const auto apart = static_cast<std::uint64_t>(clocks.apart.count());
    clock_ahead_ = Millis(apart > 0 ? around_.world.below(apart) : 0);
  }
  clocks.begin_process(clock_ahead_);
}

// By less where it outlasts the process: what was stored is late by as much then.
void Node::step_clock() {
  auto& world = around_.world;
  const Nanos most = !around_.clocks.set_right ? 5min : world.chance(50) ? 10min : 26h;
  const auto step = std::chrono::duration_cast<Millis>(world.between(1s, most));
  clock_ahead_ += world.chance(50) ? step : -step;
  world.note(name_, "has its clock stepped to {} ms ahead of the world's", clock_ahead_.count());
}

void Node::crash(std::string_view why) {
  around_.world.note(name_, "dies {}", why);
  process_->life->over = true;
  process_.reset();
  come_back();
}

void Node::come_back() {
  auto& world = around_.world;
  world.after(world.chance(70) ? world.between(10ms, 1s) : world.between(1s, 20s), [this] { start(); });
}

void Node::drain() {
  if (std::exchange(process_->life->draining, true)) return;
  around_.world.note(name_, "is told to end");
  const auto at_most = Millis(around_.world.below(10'000));
  process_->engine->drain(at_most, [this, life = process_->life] {
    // The engine must not be destroyed below its own callback.
    around_.world.after(life, Nanos(0), [this] { crash("in order"); });
  });
}

void Node::stall(Nanos for_how_long) {
  around_.world.note(name_, "stands still for {} ms", for_how_long / 1ms);
  process_->life->stalled_until = around_.world.now() + for_how_long;
}

const LifePtr& Node::life() const {
  SKALD_INVARIANT(is_up());
  return process_->life;
}

void Node::call(std::move_only_function<void(runtime::Engine&)> work) {
  SKALD_INVARIANT(is_up());
  around_.world.after(process_->life, around_.world.latency(),
                      [this, work = std::move(work)]() mutable { work(*process_->engine); });
}

}  // namespace skald::simulation

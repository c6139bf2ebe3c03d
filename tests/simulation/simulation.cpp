#include "tests/simulation/simulation.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <memory>

#include "engine/runtime/execution_loader.hpp"
#include "tests/simulation/clients.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/senders.hpp"
#include "tests/simulation/verdict.hpp"
#include "tests/simulation/verdict_events.hpp"
#include "tests/simulation/verdict_pairs.hpp"
#include "tests/simulation/verdict_replays.hpp"
#include "tests/simulation/verdict_runs.hpp"
#include "tests/simulation/verdict_schedules.hpp"
#include "tests/simulation/verdict_unique.hpp"

namespace skald::simulation {
namespace {

// After it has healed the world comes to rest within this, or something was lost.
constexpr Nanos kRestWithin = 15min;
constexpr Nanos kLookInterval = 1s;

class Simulation {
 public:
  explicit Simulation(const RunOptions& options)
      : options_(options),
        world_(options.seed, options.prints),
        faults_(world_),
        database_(world_),
        services_(world_, faults_),
        oracle_(world_, database_, clocks_),
        around_{world_, faults_, database_, services_, oracle_, clocks_, {}},
        clients_(around_, nodes_),
        senders_(around_, nodes_) {}

  RunReport run() {
    auto workflows = draw_workflows(world_);
    for (auto& workflow : workflows) {
      if (workflow.name == kRandomName && options_.workflow) workflow.yaml = *options_.workflow;
    }
    for (const auto& workflow : workflows) around_.workflows.push_back(workflow.yaml);
    const bool tombstones = world_.chance(30) || std::ranges::any_of(workflows, needs_tombstones);
    if (!tombstones) services_.do_without_tombstones();
    if (world_.chance(10)) faults_.crash_at_each_append();
    if (options_.crash) faults_.calm(*options_.crash);
    for (const Fault fault : options_.without) faults_.set(fault, 0);
    if (world_.prints()) tell(workflows);
    const int nodes = world_.chance(40) ? 1 : 2 + static_cast<int>(world_.below(2));
    if (nodes > 1) around_.lease = Millis(3'000 + static_cast<std::int64_t>(world_.below(12'000)));
    if (nodes > 1) oracle_.expect_leases();
    if (world_.chance(30)) clocks_.apart = Millis(1 + static_cast<std::int64_t>(world_.below(1'000)));
    clocks_.set_right = world_.chance(80);
    world_.note("world", "clocks are {} before a process starts", clocks_.set_right ? "set right" : "left as they are");
    for (int i = 1; i <= nodes; ++i) nodes_.push_back(std::make_unique<Node>(around_, i));
    for (auto& node : nodes_) node->start();
    clients_.place_orders(workflows);
    clients_.operate();
    senders_.begin(workflows);
    look();
    while (!at_rest_ && oracle_.problems().empty()) world_.step();
    if (oracle_.problems().empty()) judge_all();
    return report();
  }

 private:
  void tell(const std::vector<Workflow>& workflows) {
    for (const auto& workflow : workflows) world_.note("world", "workflow {}\n{}", workflow.name, workflow.yaml);
    for (std::size_t i = 0; i < kFaultCount; ++i) {
      const auto fault = static_cast<Fault>(i);
      if (faults_.percent(fault) > 0) world_.note("world", "{} in {} of 100", to_string(fault), faults_.percent(fault));
    }
    world_.note("world", "heals after {} ms", faults_.heals_at() / 1ms);
  }

  // From time to time: is anything still to come?
  void look() {
    if (faults_.healed() && is_at_rest()) {
      at_rest_ = true;
      return;
    }
    // What was stored under a clock that was ahead is due late under one that is behind.
    if (world_.now() > faults_.heals_at() + kRestWithin + clocks_.ahead_most + clocks_.behind_most) {
      return oracle_.problem(
          fmt::format("the world has healed, and does not come to rest: {}{}{}{}{}{}{}{}", unsettled(),
                      services_.is_quiet() ? "" : "requests are on their way ",
                      clients_.are_quiet() ? "" : "commands wait ", clients_.all_answered() ? "" : "orders wait ",
                      senders_.are_quiet() ? "" : "events wait ", is_outbox_empty() ? "" : "the outbox is not empty ",
                      have_schedules_gone_on() ? "" : "a schedule has stopped ",
                      have_pairs_started() ? "" : "events that start an execution together wait"));
    }
    world_.after(kLookInterval, [this] { look(); });
  }

  bool is_at_rest() {
    return services_.is_quiet() && clients_.are_quiet() && clients_.all_answered() && senders_.are_quiet() &&
           unsettled().empty() && is_outbox_empty() && have_schedules_gone_on() && have_pairs_started();
  }

  // For a time since the world has healed.
  bool have_schedules_gone_on() {
    const auto healed_at = world_.utc() - std::chrono::duration_cast<Millis>(world_.now() - faults_.heals_at());
    return std::ranges::all_of(database_.schedules(), [&](const auto& row) {
      return row.workflow.name != kBeatingName || (row.last_at && *row.last_at > healed_at);
    });
  }

  bool have_pairs_started() {
    const auto rows = database_.executions();
    const auto started = std::ranges::count_if(rows, [](const auto& row) { return is_started_by_events(row.created); });
    return static_cast<std::size_t>(started) >= senders_.pairs();
  }

  bool is_outbox_empty() { return database_.rows().measure_outbox(ports::ShardSet().set())->empty(); }

  // That one is looked at for itself.
  bool waits_for_a_live_one(const ExecutionId& id) {
    const auto state = runtime::read_state(database_.rows(), id);
    return state && std::ranges::any_of(awaited_by(*state), [this](const ExecutionId& awaited) {
             const auto row = database_.rows().read_execution(awaited);
             return row && row->summary.wake_at;
           });
  }

  std::string unsettled() {
    std::string text;
    for (const auto& row : database_.executions()) {
      if (row.summary.wake_at && !clients_.is_given_up(row) && !waits_for_a_live_one(row.id))
        text += short_id(row.id) + " is " + row.summary.phase + " ";
    }
    return text;
  }

  void judge_all() {
    const auto stored = database_.executions();
    std::size_t asked = 0;
    for (const auto& order : clients_.orders()) {
      asked += order.key ? 1 : static_cast<std::size_t>(order.asked);
      if (order.id && database_.history(*order.id).empty())
        oracle_.problem(fmt::format("order {} is lost", order.number));
    }
    const auto is_asked_for = [](const auto& row) {
      return !row.created.replay_of && !row.created.parent && !is_scheduled(row.created) &&
             !is_started_by_events(row.created);
    };
    const auto started = static_cast<std::size_t>(std::ranges::count_if(stored, is_asked_for));
    if (started > asked) oracle_.problem(fmt::format("{} executions of {} orders", started, asked));
    for (const auto number : database_.applied_twice()) {
      oracle_.problem(fmt::format("command {} was applied twice", number));
    }
    judge_cases(stored);
  }

  void judge_cases(const std::vector<ports::StoredExecution>& stored) {
    Cases cases;
    for (const auto& row : stored) {
      auto read = read_case(database_, row);
      if (!read) return oracle_.problem("the history of " + short_id(row.id) + " cannot be read");
      cases.emplace(row.id, std::move(*read));
    }
    for (const auto& [id, judged] : cases) {
      for (auto& problem : judge({judged, cases, services_, clocks_})) oracle_.problem(std::move(problem));
      count(judged);
    }
    for (auto& problem : judge_events(cases, services_)) oracle_.problem(std::move(problem));
    for (auto& problem : judge_pairs(cases, senders_.pairs())) oracle_.problem(std::move(problem));
    for (auto& problem : judge_runs(cases)) oracle_.problem(std::move(problem));
    for (auto& problem : judge_schedules(cases, database_, clocks_)) oracle_.problem(std::move(problem));
    for (auto& problem : judge_unique(cases, clients_.refusals(), clocks_)) oracle_.problem(std::move(problem));
    for (auto& problem : judge_replays(cases, clients_.replays(), services_)) oracle_.problem(std::move(problem));
  }

  void count(const Case& judged) {
    const auto& outcome = judged.state.outcome;
    const std::string ending = outcome ? std::string(saga::to_string(*outcome)) : "parked";
    ++counts_[ending];
    if (judged.state.replay_of) ++counts_["replays " + ending];
    for (const auto& stored : judged.rows) ++counts_[stored.kind];
  }

  RunReport report() {
    for (std::size_t i = 0; i < kFaultCount; ++i) {
      if (faults_.counts()[i] > 0) counts_[std::string(to_string(static_cast<Fault>(i)))] = faults_.counts()[i];
    }
    counts_["lives"] = 0;
    for (const auto& node : nodes_) counts_["lives"] += node->lives();
    counts_["shards taken"] = database_.cluster().handovers();
    counts_["evictions"] = database_.cluster().evictions();
    counts_["fenced"] = database_.fenced();
    counts_["refused as the same"] = clients_.refusals().size();
    for (const auto& [workflow, moves] : database_.schedule_moves()) counts_["times of a schedule"] += moves.size();
    counts_["replays passed on"] = database_.replays_passed_on();
    counts_["runs of clocks left wrong"] =
        !clocks_.set_right && faults_.counts()[static_cast<std::size_t>(Fault::kClockJump)] > 0;
    counts_["runs of several nodes"] = nodes_.size() > 1 ? 1 : 0;
    counts_["events of the world"] = world_.steps();
    counts_["calls"] = oracle_.calls_sent();
    counts_["states compared"] = oracle_.states_compared();
    return {.problems = oracle_.problems(),
            .counts = std::move(counts_),
            .fingerprint = world_.fingerprint(),
            .appends = faults_.appends()};
  }

  const RunOptions& options_;
  World world_;
  Faults faults_;
  Database database_;
  Services services_;
  Clocks clocks_;
  Oracle oracle_;
  Surroundings around_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Clients clients_;
  Senders senders_;
  bool at_rest_ = false;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace

std::string to_arguments(const RunOptions& options) {
  auto text = fmt::format("--seed {}", options.seed);
  if (options.crash) text += fmt::format(" --crash-at {}", options.crash->append);
  if (options.crash && options.crash->written) text += " --written";
  for (const Fault fault : options.without) text += fmt::format(" --without '{}'", to_string(fault));
  return text;
}

namespace {

std::array<char, 80> last_words{};

void say_last_words(int signal) {
  // Only what a signal handler may do.
  static_cast<void>(!write(STDERR_FILENO, last_words.data(), std::strlen(last_words.data())));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void tell_run_at_abort() {
  for (const int signal : {SIGABRT, SIGSEGV}) {
    // A sanitizer keeps its own.
    const auto before = std::signal(signal, say_last_words);
    if (before != SIG_DFL) std::signal(signal, before);
  }
}

RunReport run_simulation(const RunOptions& options) {
  *fmt::format_to_n(last_words.data(), last_words.size() - 1, "in the run of simulation {}\n", to_arguments(options))
       .out = '\0';
  return Simulation(options).run();
}

void add_counts(std::map<std::string, std::uint64_t>& sum, const RunReport& report) {
  for (const auto& [name, count] : report.counts) sum[name] += count;
}

std::string to_text(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format("  {:<24} {}\n", name, count);
  return text;
}

}  // namespace skald::simulation

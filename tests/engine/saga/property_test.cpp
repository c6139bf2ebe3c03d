// Random workflows in a random world in virtual time, with crashes after appends: every saga ends completed,
// compensated or parked with a reason, and what its outcome says of the effects is true.
//
// SKALD_SEED and SKALD_RUNS choose another series.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/saga/path.hpp"
#include "engine/saga/subscriptions.hpp"
#include "tests/engine/saga/random_workflow.hpp"
#include "tests/engine/saga/saga_bench.hpp"
#include "tests/engine/saga/shrink_workflow.hpp"

namespace skald::saga {
namespace {

constexpr int kTurnsUntilHealed = 60;
constexpr int kTurnsMax = 600;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Counts {
  int completed = 0, compensated = 0, cancelled = 0, faulted = 0, parked = 0, crashes = 0, undone = 0, rounds = 0;
};

class SagaRun {
 public:
  // `yaml` in the place of the random one, in the same world.
  SagaRun(std::uint64_t seed, Counts& counts, const std::optional<std::string>& yaml = std::nullopt)
      : random_(seed),
        yaml_(random_workflow(random_)),
        bench_(yaml.value_or(yaml_)),
        world_(random_),
        crash_always_(seed % 5 == 0),
        counts_(counts) {}

  void play() {
    take({.actor = "", .what = StartExecution{.input = Payload::from_trusted_text("{\"orderId\":\"A\"}")}});
    for (int turn = 0; turn < kTurnsMax && !is_terminal(bench_.state().phase); ++turn) {
      if (turn == kTurnsUntilHealed) world_.heal();
      if (!play_turn(turn)) break;
    }
    world_.heal();
    world_.deliver_late();
    judge();
  }

  const std::string& yaml() const { return yaml_; }
  bool has_rounds() const { return bench_.state().has_rounds; }
  std::string history() const {
    std::string text;
    for (const auto& row : bench_.rows()) text += row.kind + " " + row.step + " " + row.data + "\n";
    return text;
  }

 private:
  void take(Input input) {
    const std::size_t before = bench_.rows().size();
    bench_.feed(std::move(input));
    check_something_wakes_it();
    if (bench_.rows().size() == before || is_terminal(bench_.state().phase)) return;
    const bool heals_later = crashes_ < 40;
    if (heals_later && (crash_always_ || chance(random_, 10))) {
      ++crashes_;
      ++counts_.crashes;
      bench_.crash();
    }
  }

  // A live execution waits for an answer, a time within a day, an event, or a person.
  void check_something_wakes_it() {
    const State& state = bench_.state();
    if (is_terminal(state.phase)) return;
    const auto wake = bench_.wake();
    ASSERT_TRUE(wake.has_value());
    ASSERT_LE(*wake, bench_.now() + std::chrono::hours(24));
    const bool waits = !bench_.in_flight().empty() || *wake < bench_.now() + std::chrono::hours(24) ||
                       !subscriptions_of(state).empty();
    ASSERT_TRUE(waits || state.phase == Phase::kSuspended) << "nothing will ever wake it";
    if (bench_.in_flight().empty() && !state.turn_ended) ASSERT_GT(*wake, bench_.now()) << "it spins";
  }

  bool play_turn(int turn) {
    if (turn > 3 && !asked_to_cancel_ && chance(random_, 3)) {
      asked_to_cancel_ = true;
      take({.actor = "ann", .what = CancelExecution{"changed my mind"}});
      return true;
    }
    if (chance(random_, 10)) world_.deliver_late();
    if (!bench_.in_flight().empty()) {
      const SendRequest call = bench_.in_flight().begin()->second;
      const Answer answer = world_.answer(call);
      take({.actor = "", .what = AttemptEnded{call.step, call.attempt, call.settling, answer}});
      return true;
    }
    if (chance(random_, 40) && send_event()) return true;
    if (bench_.state().phase == Phase::kSuspended) return operate(turn);
    bench_.advance(*bench_.wake() - bench_.now());
    take({.actor = "", .what = TimerFired{}});
    return true;
  }

  // For some step that listens, or that has ceased to; sometimes twice.
  bool send_event() {
    const auto subscriptions = subscriptions_of(bench_.state());
    if (!subscriptions.empty()) listened_.push_back(subscriptions[random_() % subscriptions.size()].step);
    if (listened_.empty()) return false;
    const std::string step = listened_[random_() % listened_.size()];
    const std::string name(base_name(step.substr(step.rfind('.') + 1)));
    const Json event = {{"id", std::to_string(random_() % 50)},
                        {"source", "test"},
                        {"type", chance(random_, 50) ? "go." + name : "more"},
                        {"data", to_string(bench_.state().id)}};
    const std::size_t rows = bench_.rows().size();
    take({.actor = "", .what = EventArrived{step, Payload::from_json(event)}});
    return bench_.rows().size() != rows;
  }

  // Once the world is well an operator retries what is stuck; a refused step stays refused, then it is skipped.
  bool operate(int turn) {
    if (turn < kTurnsUntilHealed || chance(random_, 20)) {
      bench_.advance(std::chrono::seconds(5));
      take({.actor = "", .what = TimerFired{}});
      return true;
    }
    for (const auto& incident : bench_.state().incidents) {
      if (!incident.open) continue;
      const bool retry = ++words_ < 20;
      ResolveIncident word{incident.number, retry ? IncidentResolution::kRetry : IncidentResolution::kSkip, "word", {}};
      skipped_ = skipped_ || !retry;
      take({.actor = "ann", .what = word});
      return true;
    }
    return false;
  }

  void judge() {
    const State& state = bench_.state();
    EXPECT_TRUE(world_.keys_kept_their_body());
    EXPECT_FALSE(world_.effect_twice());
    if (!is_terminal(state.phase)) {
      ++counts_.parked;
      EXPECT_EQ(state.phase, Phase::kSuspended);
      EXPECT_TRUE(has_open_incident(state)) << "parked without a reason";
      return;
    }
    counts_.undone += static_cast<int>(world_.undone().size());
    switch (*state.outcome) {
      case Outcome::kCompleted:
        ++counts_.completed;
        return judge_completed(state.root);
      case Outcome::kCompensated:
        ++counts_.compensated;
        return judge_nothing_stands();
      case Outcome::kCancelled:
        ++counts_.cancelled;
        return judge_nothing_stands();
      case Outcome::kFaulted:
        ++counts_.faulted;
        return;
      case Outcome::kTerminated:
        FAIL() << "nobody terminated it";
    }
  }

  void judge_completed(const StepState& scope) {
    for (const auto& step : scope.children) {
      const bool stands = world_.live().contains(step.path);
      // A lost race, or what a catch has undone.
      if (step.undo_status == UndoStatus::kCompleted) EXPECT_FALSE(stands) << step.path << " was undone and stands";
      if (step.undo_status != UndoStatus::kNone) continue;  // of one that was passed over nobody knows
      if (step.status == StepStatus::kCompleted && step.request && !skipped_) {
        EXPECT_TRUE(stands) << step.path << " completed without its effect";
      }
      judge_completed(step);
      if (step.apart && !step.listens.empty() && step.status == StepStatus::kCompleted) judge_each(step);
    }
  }

  // What it has taken it has gone through; its second pattern, where it has one, only ends it.
  static void judge_each(const StepState& step) {
    const auto items = std::ranges::count_if(step.events, [](const auto& event) { return event.pattern == 1; });
    EXPECT_EQ(step.results.size(), static_cast<std::size_t>(items)) << step.path << " has left events";
    std::set<std::uint32_t> rounds;
    for (const auto& child : step.children) rounds.insert(child.round);
    EXPECT_EQ(rounds.size(), step.results.size()) << step.path;
  }

  // Every random call has an undo, so nothing at all may stand.
  void judge_nothing_stands() {
    EXPECT_TRUE(world_.live().empty()) << *world_.live().begin() << " stands after "
                                       << to_string(*bench_.state().outcome);
  }

  Random random_;
  std::string yaml_;
  SagaBench bench_;
  ModelWorld world_;
  bool crash_always_;
  Counts& counts_;
  int crashes_ = 0;
  int words_ = 0;
  std::vector<std::string> listened_;  // steps
  bool skipped_ = false;
  bool asked_to_cancel_ = false;
};

std::string shrink(std::uint64_t seed, const std::string& yaml) {
  return shrink_workflow(yaml, [seed](const std::string& smaller) {
    testing::TestPartResultArray found;
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found);
    Counts ignored;
    SagaRun(seed, ignored, smaller).play();
    return found.size() > 0;
  });
}

TEST(SagaProperty, EverySagaEndsAndItsOutcomeIsTrue) {
  const std::uint64_t first = number_from_environment("SKALD_SEED", 1);
  const std::uint64_t runs = number_from_environment("SKALD_RUNS", 1500);
  Counts counts;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    SagaRun run(seed, counts);
    run.play();
    counts.rounds += run.has_rounds() ? 1 : 0;
    if (testing::Test::HasFailure()) {
      FAIL() << "SKALD_SEED=" << seed << "\n"
             << run.yaml() << run.history() << "it fails as well with\n"
             << shrink(seed, run.yaml());
    }
  }
  RecordProperty("completed", counts.completed);
  printf("completed %d, compensated %d, cancelled %d, faulted %d, parked %d; crashes %d, undone %d, with rounds %d\n",
         counts.completed, counts.compensated, counts.cancelled, counts.faulted, counts.parked, counts.crashes,
         counts.undone, counts.rounds);
  // A run in which too little happens proves nothing.
  if (runs >= 1000) {
    EXPECT_GT(counts.completed, 50);
    EXPECT_GT(counts.compensated, 50);
    EXPECT_GT(counts.cancelled, 10);
    EXPECT_GT(counts.crashes, 500);
    EXPECT_GT(counts.undone, 200);
    EXPECT_GT(counts.rounds, 200);
  }
}

}  // namespace
}  // namespace skald::saga

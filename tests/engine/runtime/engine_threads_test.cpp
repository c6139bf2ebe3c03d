// The engine on real threads: two loops, its own threads for reads, a store that answers from another thread.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using namespace std::chrono_literals;

// Answers every call on its loop, later.
class EagerParticipant final : public ports::Participant {
 public:
  explicit EagerParticipant(runtime::Loop& loop) : loop_(loop) {}

  void send(ports::ParticipantCall call, Done done) override {
    loop_.post([refuses = call.step == "ship" && call.execution.bytes[15] % 2 == 0, done = std::move(done)]() mutable {
      done(refuses ? refused() : test::done());
    });
  }
  void abandon_all() override {}

 private:
  runtime::Loop& loop_;
};

class Entropy final : public ports::Entropy {
 public:
  std::uint64_t next() override { return SeededEntropy(counter_++).next(); }

 private:
  std::atomic<std::uint64_t> counter_{1};
};

TEST(EngineThreads, FinishesEverythingOnTwoLoops) {
  constexpr std::size_t kExecutions = 200;
  ManualClock clock;
  Entropy entropy;
  ports::SilentLog log;
  ports::SilentTelemetry telemetry;
  storage::MemoryStore store;
  runtime::Definitions definitions(store, clock, log, telemetry);
  definitions.set_operations(checkout_operations());
  ASSERT_TRUE(definitions.add(kCheckout, "file:checkout.yaml", runtime::Replace::kNo, true).has_value());
  runtime::Loops loops(2);
  std::atomic<bool> stopping = false;
  std::thread commits([&] {
    while (!stopping) {
      if (store.deliver() == 0) std::this_thread::yield();
    }
  });
  {
    runtime::Engine engine(loops,
                           {.history = store,
                            .clock = clock,
                            .entropy = entropy,
                            .telemetry = telemetry,
                            .log = log,
                            .participant = [](auto& loop) { return std::make_unique<EagerParticipant>(loop); }},
                           definitions);
    loops.start();
    engine.run();
    std::atomic<std::size_t> ended = 0;
    std::promise<void> all;
    for (std::size_t i = 0; i < kExecutions; ++i) {
      engine.start(RuntimeBench::order(), [&](Result<runtime::Started> started) {
        ASSERT_TRUE(started.has_value());
        engine.view(started->id, [](const auto& state) { EXPECT_TRUE(state.has_value()); });
        engine.when_settled(started->id, 60s, [&](Result<runtime::Snapshot> state) {
          EXPECT_TRUE((*state)->outcome.has_value());
          if (++ended == kExecutions) all.set_value();
        });
      });
    }
    EXPECT_EQ(all.get_future().wait_for(60s), std::future_status::ready);
    std::promise<void> drained;
    engine.drain(10s, [&] { drained.set_value(); });
    EXPECT_EQ(drained.get_future().wait_for(60s), std::future_status::ready);
    loops.stop();
  }
  stopping = true;
  commits.join();
  EXPECT_TRUE(store.list_wake_ups(ports::ShardSet().set(), Timestamp::max(), {}, 10)->empty());
}

}  // namespace
}  // namespace skald::test

#include "storage/memory_store.hpp"

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance,
                         testing::Values(StoreMaker([](const TemporaryFolder&, const StoreOptions&) {
                           auto store = std::make_unique<MemoryStore>();
                           store->start_thread();
                           return store;
                         })));

TEST(MemoryStore, WritesNothingBeforeItDelivers) {
  MemoryStore store;
  Collector sink;
  store.append({.appends = {start(execution(1))}, .ticket = 1}, sink);
  store.append({.appends = {next(execution(1), 1)}, .ticket = 2}, sink);
  EXPECT_EQ(store.queued(), 2u);
  EXPECT_EQ(sink.calls(), 0u);
  EXPECT_FALSE(store.read_execution(execution(1)));
  EXPECT_EQ(store.deliver(), 2u);
  EXPECT_EQ(sink.calls(), 1u);
  EXPECT_EQ(store.read_execution(execution(1)).value().position, 2u);
  EXPECT_EQ(store.deliver(), 0u);
}

TEST(MemoryStore, FailsOnDemandOnce) {
  MemoryStore store;
  Collector sink;
  store.fail_next(Verdict::kRejected);
  store.fail_next(Verdict::kUnknown, true);
  store.fail_next(Verdict::kUnknown, false);
  store.fail_next(Verdict::kConflict);
  for (std::uint64_t i = 0; i < 5; ++i) store.append({.appends = {start(execution(i))}, .ticket = i}, sink);
  store.deliver();
  const auto results = sink.wait(5);
  EXPECT_EQ(results[0].verdict, Verdict::kRejected);
  EXPECT_EQ(results[0].error->code, "store.full");
  EXPECT_EQ(results[1].verdict, Verdict::kUnknown);
  EXPECT_EQ(results[2].verdict, Verdict::kUnknown);
  EXPECT_EQ(results[3].verdict, Verdict::kConflict);
  EXPECT_EQ(results[4].verdict, Verdict::kWritten);
  EXPECT_EQ(live(store), (std::vector{execution(1), execution(4)}));
}

TEST(MemoryStore, ForgetsWhatIsQueuedInACrash) {
  MemoryStore store;
  Collector sink;
  store.append({.appends = {start(execution(1))}, .ticket = 1}, sink);
  store.crash();
  EXPECT_EQ(store.deliver(), 0u);
  EXPECT_EQ(sink.calls(), 0u);
}

}  // namespace
}  // namespace skald::storage::test

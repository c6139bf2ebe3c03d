// What is collected, while two nodes bring the same events at the same time.
#include <gmock/gmock.h>

#include <thread>

#include "tests/storage/postgres_server.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;

TEST(PostgresCollections, EachEventComesInOnceWhoeverBringsIt) {
  constexpr std::uint64_t kEvents = 40;
  constexpr int kNodes = 2, kThreadsOfANode = 2;
  const std::string url = PostgresServer::shared().make_database();
  TestClock clock;
  SilentTelemetry telemetry;
  SilentLog log;
  const CollectionKey key{.workflow = {.namespace_name = "shop", .name = "checkout"}, .key = "rule/[]"};
  std::vector<std::unique_ptr<Store>> stores;
  for (int node = 0; node < kNodes; ++node) {
    StoreOptions options{.clock = clock, .telemetry = telemetry, .log = log};
    options.node.name = "n" + std::to_string(node);
    stores.push_back(open_store(url, options).value());
  }
  const auto bring_all = [&](Store& store) {
    for (std::uint64_t event = 1; event <= kEvents; ++event) {
      while (true) {
        const auto stored = store.read_collection(key, event).value();
        if (stored.has_event) break;
        const auto state = stored.state + std::to_string(event) + " ";
        if (store.write_collection(key, {.revision = stored.revision, .state = state, .event = event, .at = kBegin})
                .value())
          break;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kNodes * kThreadsOfANode; ++i) {
      threads.emplace_back([&, &store = *stores[static_cast<std::size_t>(i % kNodes)]] { bring_all(store); });
    }
  }
  const auto stored = stores.front()->read_collection(key, 1).value();
  std::string expected;
  for (std::uint64_t event = 1; event <= kEvents; ++event) expected += std::to_string(event) + " ";
  EXPECT_EQ(stored.state, expected);
  EXPECT_EQ(stored.revision, first_revision({.event = 1}) + kEvents - 1);
}

}  // namespace
}  // namespace skald::storage::test

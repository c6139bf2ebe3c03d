// The list of what every store must do, run against each of them.
//
// A store takes part with INSTANTIATE_TEST_SUITE_P(Name, StoreConformance, testing::Values(StoreMaker{...})).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {

// Makes an empty store whose verdicts arrive by themselves. The folder is its own, and outlives it.
using StoreMaker = std::function<std::unique_ptr<Store>(const TemporaryFolder&, const StoreOptions&)>;

class StoreConformance : public testing::TestWithParam<StoreMaker> {
 protected:
  StoreConformance() : store_(GetParam()(folder_, {.clock = clock_, .telemetry = telemetry_, .log = log_})) {}

  std::uint64_t position_of(const ExecutionId& id) { return store_->read_execution(id).value().position; }
  void fill_for_search();
  std::vector<ExecutionId> found(const ports::ExecutionQuery& query);

  TemporaryFolder folder_;
  TestClock clock_;
  ports::SilentTelemetry telemetry_;
  ports::SilentLog log_;
  std::unique_ptr<Store> store_;
};

}  // namespace skald::storage::test

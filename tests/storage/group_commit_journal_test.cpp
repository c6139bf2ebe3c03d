#include "storage/group_commit_journal.hpp"

#include <gtest/gtest.h>

#include <semaphore>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;

// A journal whose writer waits for leave before each batch.
class Journal : public testing::Test {
 protected:
  std::vector<AppendResult> write(const std::vector<AppendGroup>& groups) {
    began_.release();
    leave_.acquire();
    std::vector<AppendResult> results;
    for (const auto& group : groups) results.push_back({.ticket = group.ticket, .verdict = Verdict::kWritten});
    batches_.push_back(groups.size());
    return results;
  }
  void push(std::uint64_t ticket) { journal_.push({.appends = {start(execution(ticket))}, .ticket = ticket}, sink_); }

  TestClock clock_;
  RecordingTelemetry telemetry_;
  SilentLog log_;
  Collector sink_;
  std::counting_semaphore<> began_{0};
  std::counting_semaphore<> leave_{0};
  std::vector<std::size_t> batches_;
  GroupCommitJournal journal_{[this](const auto& groups) { return write(groups); },
                              {.clock = clock_, .telemetry = telemetry_, .log = log_, .queue_max = 3}};
};

TEST_F(Journal, WritesTogetherWhatGathersDuringACommit) {
  push(1);
  began_.acquire();
  push(2);
  push(3);
  push(4);
  leave_.release(2);
  const auto results = sink_.wait(4);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(results[i].ticket, i + 1);
  EXPECT_EQ(batches_, (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(sink_.calls(), 2u);
  EXPECT_EQ(telemetry_.appends(), 4u);
}

TEST_F(Journal, RejectsWhatItsQueueCannotHold) {
  push(1);
  began_.acquire();
  for (std::uint64_t i = 2; i <= 5; ++i) push(i);
  EXPECT_EQ(sink_.calls(), 0u);  // not even the rejection comes from inside push()
  leave_.release(2);
  for (const auto& result : sink_.wait(5)) {
    EXPECT_EQ(result.verdict, result.ticket == 5 ? Verdict::kRejected : Verdict::kWritten);
    if (result.ticket == 5) EXPECT_EQ(result.error->code, "store.overloaded");
  }
}

TEST_F(Journal, GivesEachSinkItsOwn) {
  Collector other;
  push(1);
  began_.acquire();
  push(2);
  journal_.push({.appends = {}, .ticket = 3}, other);
  leave_.release(2);
  EXPECT_EQ(sink_.wait(2)[1].ticket, 2u);
  EXPECT_EQ(other.wait(1)[0].ticket, 3u);
}

}  // namespace
}  // namespace skald::storage::test

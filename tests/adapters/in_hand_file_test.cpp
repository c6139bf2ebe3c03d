// Real processes that die with an execution in hand.
#include "adapters/in_hand_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/manual_clock.hpp"

namespace skald::adapters {
namespace {

using namespace std::chrono_literals;

const ExecutionId kPoison = *parse_execution_id("0192f0c1-2b3c-7def-8abc-0123456789ab");
const ExecutionId kOther = *parse_execution_id("0192f0c1-2b3c-7def-8abc-0123456789ac");

class InHandFiles : public testing::Test {
 protected:
  ~InHandFiles() override { std::filesystem::remove(path_); }

  std::unique_ptr<InHandFile> open(const std::string& version = "1.2.3") {
    return InHandFile::open(path_, version, clock_).value();
  }
  // A process takes it in hand after another one, and is killed.
  void die_with(const ExecutionId& id, const std::string& version = "1.2.3") {
    const pid_t child = fork();
    if (child == 0) {
      const auto file = open(version);
      {
        const ports::Holding done(*file, kOther);
      }
      file->take(id);
      kill(getpid(), SIGKILL);
    }
    waitpid(child, nullptr, 0);
  }

  test::ManualClock clock_;
  std::string path_ = testing::TempDir() + "in-hand-" + std::to_string(getpid());
};

TEST_F(InHandFiles, WhatThreeProcessesDiedWithIsSuspected) {
  for (int deaths = 0; deaths < 3; ++deaths) {
    EXPECT_FALSE(open()->is_suspected(kPoison)) << deaths;
    die_with(kPoison);
  }
  EXPECT_TRUE(open()->is_suspected(kPoison));
  EXPECT_FALSE(open()->is_suspected(kOther));
}

TEST_F(InHandFiles, ACleanEndIsNoDeath) {
  for (int i = 0; i < 5; ++i) {
    const auto file = open();
    const ports::Holding done(*file, kPoison);
  }
  EXPECT_FALSE(open()->is_suspected(kPoison));
}

TEST_F(InHandFiles, DeathsFarApartDoNotCount) {
  for (int i = 0; i < 5; ++i) {
    die_with(kPoison);
    clock_.advance(40min);
    open();
    clock_.advance(40min);
  }
  EXPECT_FALSE(open()->is_suspected(kPoison));
}

TEST_F(InHandFiles, ItIsTriedAgainAnHourAfterTheLastDeath) {
  for (int i = 0; i < 3; ++i) die_with(kPoison);
  const auto file = open();
  EXPECT_TRUE(file->is_suspected(kPoison));
  clock_.advance(61min);
  EXPECT_FALSE(file->is_suspected(kPoison));
}

TEST_F(InHandFiles, AnotherVersionBeginsAnew) {
  for (int i = 0; i < 3; ++i) die_with(kPoison);
  EXPECT_FALSE(open("1.2.4")->is_suspected(kPoison));
  EXPECT_FALSE(open("1.2.3")->is_suspected(kPoison));
}

TEST_F(InHandFiles, AFileOfAnotherSizeIsBegunAnew) {
  std::ofstream(path_) << "what is this";
  for (int i = 0; i < 3; ++i) die_with(kPoison);
  EXPECT_TRUE(open()->is_suspected(kPoison));
}

TEST_F(InHandFiles, SaysWhyItCannotBeUsed) {
  const auto file = InHandFile::open("/proc/nothing/here", "1.2.3", clock_);
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, "inhand.unavailable");
}

}  // namespace
}  // namespace skald::adapters

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <sstream>

#include "tests/storage/sqlite_fixture.hpp"

extern char** environ;

namespace skald::storage::test {
namespace {

// crash_writer, with its output in a pipe.
class CrashWriter {
 public:
  CrashWriter(const std::string& path, std::uint64_t first) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = SKALD_BINARY_DIR "/tests/storage/crash_writer";
    std::string file = path;
    std::string number = std::to_string(first);
    const std::array<char*, 4> arguments{program.data(), file.data(), number.data(), nullptr};
    const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ends[0];
    if (failed != 0) throw std::runtime_error("cannot run " + program);
  }
  ~CrashWriter() { ::close(output_); }

  // Reads until `count` lines are there, kills the writer, and reads the rest.
  std::string kill_after(std::size_t count) {
    std::string text;
    std::size_t lines = 0;
    bool killed = false;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = ::read(output_, buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
      lines += static_cast<std::size_t>(std::count(buffer.data(), buffer.data() + size, '\n'));
      if (lines >= count && !killed) {
        ::kill(pid_, SIGKILL);
        killed = true;
      }
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    return text.substr(0, text.rfind('\n') + 1);
  }

 private:
  pid_t pid_ = 0;
  int output_ = -1;
};

class SqliteCrash : public SqliteTest {};

TEST_F(SqliteCrash, WhatWasAcknowledgedSurvivesAKillAndNothingIsHalf) {
  constexpr std::uint64_t kRounds = 8;
  constexpr std::uint64_t kPairsEach = 100'000;
  std::map<std::uint64_t, std::uint64_t> acknowledged;  // pair -> its last acknowledged append
  std::size_t lines = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    std::istringstream output(CrashWriter(path_, round * kPairsEach).kill_after(100 + round * 137));
    std::uint64_t pair = 0;
    for (std::uint64_t n = 0; output >> pair >> n; ++lines) acknowledged[pair] = n;
    const auto store = open();
    for (const auto& [acknowledged_pair, last] : acknowledged) {
      const auto first = store->read_history(execution(2 * acknowledged_pair), 0, 10'000).value();
      const auto second = store->read_history(execution(2 * acknowledged_pair + 1), 0, 10'000).value();
      ASSERT_GE(second.size(), last + 1);
      ASSERT_EQ(first.size(), 2 * second.size() - 1);  // both of every group, or neither
      for (std::size_t i = 0; i < first.size(); ++i) ASSERT_EQ(first[i].position, i + 1);
    }
    // Pairs whose creation was on its way are whole or absent as well.
    EXPECT_EQ(live(*store).size() % 2, 0u);
  }
  EXPECT_EQ(PlainConnection(path_).run("PRAGMA integrity_check"), "ok");
  EXPECT_GE(lines, kRounds * 100);
}

}  // namespace
}  // namespace skald::storage::test

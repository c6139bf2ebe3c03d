#include "storage/silence_watch.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

namespace skald::storage::test {
namespace {

using namespace std::chrono_literals;

class Sockets {
 public:
  Sockets() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~Sockets() {
    for (const int end : ends_) ::close(end);
  }
  int own() const { return ends_[0]; }
  int other() const { return ends_[1]; }

 private:
  std::array<int, 2> ends_{-1, -1};
};

ssize_t receive(int socket, int flags = 0) {
  char byte = 0;
  return ::recv(socket, &byte, 1, flags);
}

TEST(SilenceWatch, EndsWaitingForAnAnswerThatDoesNotCome) {
  SilenceWatch watch(80ms);
  const Sockets sockets;
  const auto guard = watch.watch(sockets.own());
  EXPECT_EQ(receive(sockets.own()), 0);  // as if the peer had closed it
}

TEST(SilenceWatch, LeavesAloneWhatIsNoLongerWatched) {
  SilenceWatch watch(80ms);
  const Sockets patient;
  const Sockets silent;
  {
    const auto guard = watch.watch(patient.own());
  }
  auto moved = watch.watch(patient.own());
  moved = {};
  const auto guard = watch.watch(silent.own());
  EXPECT_EQ(receive(silent.own()), 0);
  EXPECT_EQ(receive(patient.own(), MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST(SilenceWatch, AnAnswerInTimeIsReceived) {
  SilenceWatch watch(10s);
  const Sockets sockets;
  const auto guard = watch.watch(sockets.own());
  ASSERT_EQ(::send(sockets.other(), "x", 1, 0), 1);
  EXPECT_EQ(receive(sockets.own()), 1);
}

TEST(SilenceWatch, NoSocketIsNotWatched) {
  SilenceWatch watch(10s);
  const auto guard = watch.watch(-1);
}

}  // namespace
}  // namespace skald::storage::test

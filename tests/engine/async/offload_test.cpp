#include "engine/async/offload.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

namespace skald::async {
namespace {

namespace asio = boost::asio;

TEST(Offload, RunsWorkElsewhereAndComesBackToTheLoop) {
  Offload threads(2);
  asio::io_context loop(1);
  std::thread::id worked_on, came_back_on;
  int answer = 0;
  threads.run(
      loop.get_executor(),
      [&] {
        worked_on = std::this_thread::get_id();
        return std::make_unique<int>(42);
      },
      [&](std::unique_ptr<int> value) {
        came_back_on = std::this_thread::get_id();
        answer = *value;
      });
  loop.run();  // returns only after `then`: the job counts as outstanding work
  EXPECT_EQ(answer, 42);
  EXPECT_EQ(came_back_on, std::this_thread::get_id());
  EXPECT_NE(worked_on, std::this_thread::get_id());
}

TEST(Offload, WorkMayReturnNothing) {
  Offload threads(1);
  asio::io_context loop(1);
  bool worked = false, back = false;
  threads.run(loop.get_executor(), [&] { worked = true; }, [&] { back = true; });
  loop.run();
  EXPECT_TRUE(worked);
  EXPECT_TRUE(back);
}

TEST(Offload, DestructorFinishesWhatWasHandedIn) {
  asio::io_context loop(1);
  int done = 0;
  {
    Offload threads(2);
    for (int i = 0; i < 100; ++i) {
      threads.run(loop.get_executor(), [] { return 1; }, [&](int one) { done += one; });
    }
  }
  loop.run();
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace skald::async

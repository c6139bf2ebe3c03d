#include "engine/async/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>

namespace skald::async {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> wait_forever(int& ended) {
  struct Count {
    int& n;
    ~Count() { ++n; }
  } count{ended};
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

TEST(TaskGroup, CancelEndsEveryTaskAndJoinWaitsForThem) {
  asio::io_context loop(1);
  int errors = 0;
  TaskGroup group(loop.get_executor(), [&](std::exception_ptr) { ++errors; });
  int ended = 0;
  for (int i = 0; i < 3; ++i) group.spawn(wait_forever(ended));
  bool joined = false;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        group.cancel();
        co_await group.join();
        joined = true;
        EXPECT_EQ(ended, 3);
      },
      rethrow);
  loop.run();
  EXPECT_TRUE(joined);
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, JoinOfAnEmptyGroupReturnsAtOnce) {
  asio::io_context loop(1);
  TaskGroup group(loop.get_executor(), [](std::exception_ptr) {});
  bool joined = false;
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        co_await group.join();
        joined = true;
      },
      rethrow);
  loop.run();
  EXPECT_TRUE(joined);
}

TEST(TaskGroup, ATaskThatThrowsIsReportedAndLeavesTheOthersAlone) {
  asio::io_context loop(1);
  std::string what;
  TaskGroup group(loop.get_executor(), [&](std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      what = e.what();
    }
  });
  int ended = 0;
  group.spawn(wait_forever(ended));
  group.spawn([]() -> asio::awaitable<void> {
    throw std::runtime_error("broken session");
    co_return;
  }());
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        while (what.empty()) co_await asio::post(loop, asio::use_awaitable);
        EXPECT_EQ(ended, 0);
        EXPECT_EQ(group.size(), 1u);
        group.cancel();
        co_await group.join();
      },
      rethrow);
  loop.run();
  EXPECT_EQ(what, "broken session");
}

}  // namespace
}  // namespace skald::async

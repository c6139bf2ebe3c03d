#include "engine/async/with_timeout.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>

namespace skald::async {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<int> answer() {
  co_return 42;
}

asio::awaitable<int> fail() {
  throw std::runtime_error("refused");
  co_return 0;
}

asio::awaitable<int> hang(bool& ended) {
  struct Mark {
    bool& flag;
    ~Mark() { flag = true; }
  } mark{ended};
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
  co_return 1;
}

template <class Body>
void run(Body body) {
  asio::io_context loop(1);
  bool finished = false;
  asio::co_spawn(loop, body, [&](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
    finished = true;
  });
  loop.run();
  EXPECT_TRUE(finished);
}

TEST(WithTimeout, ReturnsTheValueOfAnOperationInTime) {
  run([]() -> asio::awaitable<void> { EXPECT_EQ(co_await with_timeout(answer(), 1h), 42); });
}

TEST(WithTimeout, CancelsAnOperationThatIsLate) {
  bool ended = false;
  run([&]() -> asio::awaitable<void> {
    EXPECT_EQ(co_await with_timeout(hang(ended), 1ms), std::nullopt);
    EXPECT_TRUE(ended);
  });
}

TEST(WithTimeout, AFailureDoesNotWaitForTheTimer) {
  run([]() -> asio::awaitable<void> {
    bool thrown = false;
    try {
      co_await with_timeout(fail(), 1h);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

}  // namespace
}  // namespace skald::async

// A deadline for a coroutine. Asio 1.81 has no cancel_after, and `operation || timer` of awaitable_operators waits for
// a success: an operation that fails at once would still wait for the timer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "engine/base/time.hpp"

namespace skald::async {

// The operation's value, or nullopt when it had none by then: it was cancelled and has ended. What the operation throws
// in time is thrown here. T must be default-constructible.
template <class T>
boost::asio::awaitable<std::optional<T>> with_timeout(boost::asio::awaitable<T> operation, Millis timeout) {
  namespace asio = boost::asio;
  auto loop = co_await asio::this_coro::executor;
  asio::steady_timer timer(loop, timeout);
  auto [order, error, value, timer_error] =
      co_await asio::experimental::make_parallel_group(asio::co_spawn(loop, std::move(operation), asio::deferred),
                                                       timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (!error) co_return std::optional<T>(std::move(value));
  if (order[0] == 0) std::rethrow_exception(error);
  co_return std::nullopt;
}

}  // namespace skald::async

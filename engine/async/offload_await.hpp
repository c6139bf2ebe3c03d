// Offload for coroutines: `auto rows = co_await offload(threads, [&] { return store.read_history(id, 0, 100); });`
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

#include "engine/async/offload.hpp"

namespace skald::async {

// Calls work() on one of the threads and resumes the awaiting coroutine where it was, with the result or the exception.
// Cancelling the coroutine does not interrupt the work; it is awaited.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> offload(Offload& threads, Work work) {
  using Value = std::invoke_result_t<Work&>;
  co_return co_await boost::asio::co_spawn(
      threads.executor(), [work = std::move(work)]() mutable -> boost::asio::awaitable<Value> { co_return work(); },
      boost::asio::use_awaitable);
}

}  // namespace skald::async

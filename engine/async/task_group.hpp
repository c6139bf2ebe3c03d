// Coroutines that nobody awaits one by one (sessions of a server), so that shutdown can cancel them all and wait.
//
// Thread rule: everything on the group's loop, which is single-threaded. Life cycle: join() before it is destroyed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>

namespace skald::async {

class TaskGroup {
 public:
  // Gets what a task threw, except the cancellation itself.
  using OnError = std::function<void(std::exception_ptr)>;

  TaskGroup(boost::asio::any_io_executor loop, OnError on_error);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(boost::asio::awaitable<void> task);

  // Asks every task of this moment to end: its current await fails with operation_aborted.
  void cancel();

  // Returns when no task is left.
  boost::asio::awaitable<void> join();

  std::size_t size() const { return tasks_.size(); }

 private:
  using Tasks = std::list<boost::asio::cancellation_signal>;
  void ended(Tasks::iterator task, std::exception_ptr error);

  boost::asio::any_io_executor loop_;
  OnError on_error_;
  Tasks tasks_;
  boost::asio::steady_timer empty_;  // cancelled when the last task ends
};

}  // namespace skald::async

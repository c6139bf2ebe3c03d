#include "engine/async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "engine/base/invariant.hpp"

namespace skald::async {
namespace {

namespace asio = boost::asio;

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor loop, OnError on_error)
    : loop_(std::move(loop)), on_error_(std::move(on_error)), empty_(loop_, asio::steady_timer::time_point::max()) {}

TaskGroup::~TaskGroup() {
  SKALD_INVARIANT(tasks_.empty());
}

void TaskGroup::spawn(asio::awaitable<void> task) {
  const auto place = tasks_.emplace(tasks_.end());
  asio::co_spawn(
      loop_, std::move(task),
      asio::bind_cancellation_slot(place->slot(), [this, place](std::exception_ptr error) { ended(place, error); }));
}

void TaskGroup::cancel() {
  for (auto& task : tasks_) task.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> TaskGroup::join() {
  while (!tasks_.empty()) {
    boost::system::error_code ignored;
    co_await empty_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void TaskGroup::ended(Tasks::iterator task, std::exception_ptr error) {
  tasks_.erase(task);
  if (error && !is_cancellation(error)) on_error_(error);
  if (tasks_.empty()) empty_.cancel();
}

}  // namespace skald::async

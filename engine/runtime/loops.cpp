#include "engine/runtime/loops.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/invariant.hpp"

namespace skald::runtime {
namespace {

using Work = std::move_only_function<void()>;
using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

}  // namespace

// Posted work waits in a queue of ours, so that a burst of posts wakes the io_context once.
struct Loop::Impl {
  boost::asio::io_context context{1};
  std::optional<Guard> guard{boost::asio::make_work_guard(context)};
  std::thread thread;

  std::mutex mutex;
  std::vector<Work> queued;
  bool scheduled = false;
  std::vector<Work> running;  // kept for its capacity

  void push(Work work) {
    {
      const std::lock_guard lock(mutex);
      queued.push_back(std::move(work));
      if (scheduled) return;
      scheduled = true;
    }
    boost::asio::post(context, [this] { run_queued(); });
  }

  void run_queued() {
    {
      const std::lock_guard lock(mutex);
      running.swap(queued);
      scheduled = false;
    }
    for (auto& work : running) {
      work();
      work = nullptr;
    }
    running.clear();
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}

Loop::~Loop() = default;

boost::asio::io_context& Loop::context() {
  return impl_->context;
}

void Loop::post(Work work) {
  impl_->push(std::move(work));
}

bool Loop::is_current() const {
  return impl_->context.get_executor().running_in_this_thread();
}

struct Loops::Impl {
  std::vector<std::unique_ptr<Loop>> loops;
};

Loops::Loops(std::size_t count) : impl_(std::make_unique<Impl>()) {
  SKALD_INVARIANT(count > 0);
  for (std::size_t i = 0; i < count; ++i) impl_->loops.push_back(std::make_unique<Loop>());
}

Loops::~Loops() {
  stop();
}

void Loops::start() {
  for (auto& loop : impl_->loops) {
    auto& impl = *loop->impl_;
    if (!impl.thread.joinable()) impl.thread = std::thread([&impl] { impl.context.run(); });
  }
}

void Loops::stop() {
  for (auto& loop : impl_->loops) {
    loop->impl_->guard.reset();
    loop->impl_->context.stop();
  }
  for (auto& loop : impl_->loops) {
    if (loop->impl_->thread.joinable()) loop->impl_->thread.join();
  }
}

std::size_t Loops::size() const {
  return impl_->loops.size();
}

Loop& Loops::at(std::size_t index) {
  return *impl_->loops.at(index);
}

Loop& Loops::of(const ExecutionId& id) {
  const auto count = impl_->loops.size();
  return *impl_->loops[count == 1 ? 0 : (std::hash<ExecutionId>{}(id) >> 32) % count];
}

}  // namespace skald::runtime

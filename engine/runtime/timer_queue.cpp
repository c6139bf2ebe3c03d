#include "engine/runtime/timer_queue.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/runtime/loops.hpp"

namespace skald::runtime {
namespace {

constexpr std::chrono::nanoseconds kLookInterval = std::chrono::seconds(1);

}  // namespace

struct TimerQueue::Wake {
  explicit Wake(Loop& loop) : timer(loop.context()) {}
  boost::asio::steady_timer timer;
  std::chrono::nanoseconds at{};  // by our clock
  bool armed = false;
  bool closed = false;
};

TimerQueue::TimerQueue(Loop& loop, ports::Clock& clock) : clock_(clock), wake_(std::make_shared<Wake>(loop)) {}

TimerQueue::~TimerQueue() {
  close();
}

void TimerQueue::set(TimerNode& node, std::chrono::nanoseconds due) {
  if (wake_->closed) return;
  node.due_ = due;
  if (node.pending()) {
    sift_up(node.index_);
    sift_down(node.index_);
  } else {
    heap_.push_back(&node);
    node.index_ = heap_.size() - 1;
    sift_up(node.index_);
  }
  arm();
}

void TimerQueue::cancel(TimerNode& node) {
  if (!node.pending()) return;
  const std::size_t index = node.index_;
  node.index_ = TimerNode::kNone;
  TimerNode* last = heap_.back();
  heap_.pop_back();
  if (last == &node) return;
  place(index, last);
  sift_up(last->index_);
  sift_down(last->index_);
}

void TimerQueue::poll() {
  const auto now = clock_.steady();
  // What is set meanwhile for the same moment waits for the next look: a timer that re-arms itself cannot starve I/O.
  std::size_t left = heap_.size();
  while (!wake_->closed && !heap_.empty() && heap_.front()->due_ <= now && left-- > 0) {
    TimerNode* node = heap_.front();
    lag_ = std::max(lag_, now - node->due_);
    cancel(*node);
    node->fired();
  }
  arm();
}

void TimerQueue::close() {
  wake_->closed = true;
  wake_->timer.cancel();
  for (auto* node : heap_) node->index_ = TimerNode::kNone;
  heap_.clear();
}

Millis TimerQueue::take_lag() {
  return std::chrono::duration_cast<Millis>(std::exchange(lag_, {}));
}

void TimerQueue::place(std::size_t index, TimerNode* node) {
  heap_[index] = node;
  node->index_ = index;
}

void TimerQueue::sift_up(std::size_t index) {
  TimerNode* node = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->due_ <= node->due_) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, node);
}

void TimerQueue::sift_down(std::size_t index) {
  TimerNode* node = heap_[index];
  while (true) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->due_ < heap_[child]->due_) ++child;
    if (node->due_ <= heap_[child]->due_) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, node);
}

void TimerQueue::arm() {
  if (wake_->closed || heap_.empty()) return;
  const auto now = clock_.steady();
  const auto at = std::min(heap_.front()->due_, now + kLookInterval);
  if (wake_->armed && wake_->at <= at) return;
  wake_->armed = true;
  wake_->at = at;
  wake_->timer.expires_after(std::max(at - now, std::chrono::nanoseconds(0)));
  wake_->timer.async_wait([this, alive = std::weak_ptr<Wake>(wake_)](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    wake_->armed = false;
    poll();
  });
}

}  // namespace skald::runtime

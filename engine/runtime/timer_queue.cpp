#include "engine/runtime/timer_queue.hpp"

#include <algorithm>
#include <utility>

namespace skald::runtime {
namespace {

constexpr std::chrono::nanoseconds kTimerLookInterval = std::chrono::seconds(1);

}  // namespace

TimerQueue::TimerQueue(Loop& loop, ports::Clock& clock, const MakeAlarm& make_alarm)
    : clock_(clock), alarm_(make_alarm(loop, [this] {
        armed_ = false;
        poll();
      })) {}

TimerQueue::~TimerQueue() {
  close();
}

void TimerQueue::set(TimerNode& node, std::chrono::nanoseconds due) {
  if (closed_) return;
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
  while (!closed_ && !heap_.empty() && heap_.front()->due_ <= now && left-- > 0) {
    TimerNode* node = heap_.front();
    lag_ = std::max(lag_, now - node->due_);
    cancel(*node);
    node->fired();
  }
  arm();
}

void TimerQueue::close() {
  closed_ = true;
  alarm_->cancel();
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
  if (closed_ || heap_.empty()) return;
  const auto now = clock_.steady();
  const auto at = std::min(heap_.front()->due_, now + kTimerLookInterval);
  if (armed_ && armed_at_ <= at) return;
  armed_ = true;
  armed_at_ = at;
  alarm_->set(std::max(at - now, std::chrono::nanoseconds(0)));
}

}  // namespace skald::runtime

#include "bench/probe/writer.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>

namespace skald::probe {

Writer::Writer(Database& database, boost::asio::io_context& loop)
    : database_(database), loop_(loop), thread_([this] { run(); }) {}

Writer::~Writer() {
  close();
}

void Writer::close() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(queue_mutex_);
    ending_ = true;
  }
  ready_.notify_one();
  thread_.join();
}

void Writer::push(const Execution& execution, CommitSink& sink) {
  turn_.push_back({&execution, &sink});
  if (turn_.size() == 1) boost::asio::post(loop_, [this] { queue_turn(); });
}

void Writer::queue_turn() {
  {
    const std::lock_guard lock(queue_mutex_);
    queue_.insert(queue_.end(), turn_.begin(), turn_.end());
  }
  turn_.clear();
  ready_.notify_one();
}

void Writer::run() {
  std::vector<Append> batch;
  while (true) {
    batch.clear();
    {
      std::unique_lock lock(queue_mutex_);
      ready_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    write(batch);
    hand_back(batch);
  }
}

void Writer::write(const std::vector<Append>& batch) {
  try {
    database_.begin();
    for (const Append& append : batch) database_.write(*append.execution);
    database_.commit();
  } catch (const DatabaseError& error) {
    fmt::print(stderr, "skald-probe: the database cannot be written: {}\n", error.what());
    std::_Exit(1);
  }
}

void Writer::hand_back(const std::vector<Append>& batch) {
  {
    const std::lock_guard lock(durable_mutex_);
    durable_.insert(durable_.end(), batch.begin(), batch.end());
    if (posted_) return;
    posted_ = true;
  }
  boost::asio::post(loop_, [this] { tell_sinks(); });
}

void Writer::tell_sinks() {
  telling_.clear();
  {
    const std::lock_guard lock(durable_mutex_);
    telling_.swap(durable_);
    posted_ = false;
  }
  for (const Append& append : telling_) append.sink->committed();
}

}  // namespace skald::probe

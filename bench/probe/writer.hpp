// Group commit: one thread swaps the whole queue, writes it in one transaction, and hands the batch back to the loop in
// one post. No linger: batches form while the commit before them is under way.
//
// A commit that fails ends the process: nothing may be answered or sent that is not durable. Life cycle: close() before
// the executions that were pushed are destroyed. Thread rule: push() and the sinks on the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/probe/database.hpp"

namespace skald::probe {

class CommitSink {
 public:
  virtual ~CommitSink() = default;
  virtual void committed() = 0;
};

class Writer {
 public:
  Writer(Database& database, boost::asio::io_context& loop);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Writes what `execution` is to commit next; it must not change until `sink` hears of it.
  void push(const Execution& execution, CommitSink& sink);

  // Writes what is queued and ends the thread; no sink is told any more once the loop has stopped.
  void close();

 private:
  struct Append {
    const Execution* execution;
    CommitSink* sink;
  };

  void queue_turn();
  void run();
  void write(const std::vector<Append>& batch);
  void hand_back(const std::vector<Append>& batch);
  void tell_sinks();

  Database& database_;
  boost::asio::io_context& loop_;
  std::vector<Append> turn_;  // of what the loop has at hand, queued at once: one lock and one wake-up

  std::mutex queue_mutex_;
  std::condition_variable ready_;
  std::vector<Append> queue_;
  bool ending_ = false;

  std::mutex durable_mutex_;
  std::vector<Append> durable_;
  bool posted_ = false;
  std::vector<Append> telling_;  // the loop's, kept for its capacity

  std::thread thread_;
};

}  // namespace skald::probe

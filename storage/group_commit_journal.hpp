// The queue in front of the database: one writer thread swaps the whole queue, writes it in one transaction, and hands
// out the verdicts, one call a sink.
//
// No delay is added to collect a batch: while one commit is under way the next batch gathers by itself. Thread rule:
// push(), nudge() and close() from any thread; sinks are called on the writer's thread. The destructor closes and ends
// the thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/ports/history_store.hpp"
#include "storage/store.hpp"

namespace skald::storage {

class GroupCommitJournal {
 public:
  // Writes a batch, an empty one when nudged; called on the writer's thread. One result a group, in order. Does not
  // throw.
  using Write = std::function<std::vector<ports::AppendResult>(const std::vector<ports::AppendGroup>&)>;

  GroupCommitJournal(Write write, const StoreOptions& options);
  ~GroupCommitJournal();

  void push(ports::AppendGroup group, ports::AppendSink& sink);
  // Has an empty batch written, unless there is another: the way to learn that the database is back.
  void nudge();
  // Waits until what is queued has its verdict. Later pushes are rejected, on the writer's thread like all verdicts.
  void close();

 private:
  void run();
  void write_batch(std::vector<ports::AppendGroup>& groups, std::vector<ports::AppendSink*>& sinks);
  void reject(const ports::AppendGroup& group, ports::AppendSink& sink, Error error);

  Write write_;
  StoreOptions options_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable idle_;
  std::vector<ports::AppendGroup> groups_;
  std::vector<ports::AppendSink*> sinks_;  // of the group at the same index
  std::vector<std::pair<ports::AppendResult, ports::AppendSink*>> refused_;
  bool nudged_ = false;
  bool writing_ = false;
  bool closing_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace skald::storage

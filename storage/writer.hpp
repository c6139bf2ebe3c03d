// One session that writes: the queue in front of it, the thread that empties it, and how it fares.
//
// Thread rule: any thread; verdicts arrive on the writer's own. Life cycle: close() writes what is queued; the
// destructor ends the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/batch_writer.hpp"
#include "storage/group_commit_journal.hpp"
#include "storage/store.hpp"

namespace skald::storage {

class Writer {
 public:
  // `session` is open for writing. Throws std::exception.
  Writer(std::unique_ptr<soci::session> session, const Dialect& dialect, const Owner& owner,
         const StoreOptions& options);
  ~Writer();

  void append(ports::AppendGroup group, ports::AppendSink& sink) { journal_.push(std::move(group), sink); }
  // Runs work(session) while it writes no batch. Throws what the work or the database throws.
  void between_batches(const std::function<void(soci::session&)>& work);

  // What kept the last batch from the database; nothing: all is well. On a server, being asked also has the session
  // looked at: where nothing is written, nothing else would notice that it has passed.
  std::optional<Error> trouble();
  void close() { journal_.close(); }

 private:
  std::vector<ports::AppendResult> write(const std::vector<ports::AppendGroup>& groups);
  bool report_trouble();
  void remember(const std::optional<Error>& trouble);
  void log(const Error& error);

  const Dialect& dialect_;
  StoreOptions options_;
  std::unique_ptr<soci::session> session_;
  std::mutex mutex_;  // of the session: the journal's thread, and the rare others
  BatchWriter batches_;
  std::atomic<bool> failing_ = false;
  std::mutex trouble_mutex_;
  std::optional<Error> trouble_;  // of the last batch
  bool told_fatal_ = false;
  std::string logged_;
  std::chrono::nanoseconds logged_at_{};
  GroupCommitJournal journal_;
};

}  // namespace skald::storage

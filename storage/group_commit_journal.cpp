#include "storage/group_commit_journal.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/invariant.hpp"

namespace skald::storage {

using namespace ports;

GroupCommitJournal::GroupCommitJournal(Write write, const StoreOptions& options)
    : write_(std::move(write)), options_(options), thread_([this] { run(); }) {}

GroupCommitJournal::~GroupCommitJournal() {
  close();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ready_.notify_one();
  thread_.join();
}

void GroupCommitJournal::push(AppendGroup group, AppendSink& sink) {
  bool was_idle = false;
  {
    const std::lock_guard lock(mutex_);
    was_idle = groups_.empty() && refused_.empty();
    if (closing_) {
      reject(group, sink, {.code = "store.closed", .message = "the store is closing"});
    } else if (groups_.size() >= options_.queue_max) {
      reject(group, sink,
             {.code = "store.overloaded",
              .message = "too many appends wait for the database",
              .remedy = "try again later"});
    } else {
      groups_.push_back(std::move(group));
      sinks_.push_back(&sink);
    }
  }
  if (was_idle) ready_.notify_one();
}

void GroupCommitJournal::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  ready_.notify_one();
}

// The verdict goes out on the writer's thread like every other, so that no sink is called from inside push().
void GroupCommitJournal::reject(const AppendGroup& group, AppendSink& sink, Error error) {
  refused_.emplace_back(AppendResult{.ticket = group.ticket, .verdict = Verdict::kRejected, .error = std::move(error)},
                        &sink);
}

void GroupCommitJournal::close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  idle_.wait(lock, [&] { return groups_.empty() && refused_.empty() && !writing_; });
}

void GroupCommitJournal::run() {
  std::vector<AppendGroup> groups;
  std::vector<AppendSink*> sinks;
  std::vector<std::pair<AppendResult, AppendSink*>> refused;
  bool nudged = false;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      writing_ = false;
      if (groups_.empty() && refused_.empty()) idle_.notify_all();
      ready_.wait(lock, [&] { return ending_ || nudged_ || !groups_.empty() || !refused_.empty(); });
      if (ending_ && groups_.empty() && refused_.empty()) return;
      groups.swap(groups_);
      sinks.swap(sinks_);
      refused.swap(refused_);
      nudged = std::exchange(nudged_, false);
      writing_ = true;
    }
    for (auto& [result, sink] : refused) sink->appended({std::move(result)});
    refused.clear();
    if (!groups.empty()) {
      write_batch(groups, sinks);
    } else if (nudged) {
      write_({});
    }
    groups.clear();
    sinks.clear();
  }
}

void GroupCommitJournal::write_batch(std::vector<AppendGroup>& groups, std::vector<AppendSink*>& sinks) {
  const auto began = options_.clock.steady();
  auto results = write_(groups);
  SKALD_INVARIANT(results.size() == groups.size());
  options_.telemetry.commit(options_.clock.steady() - began, groups.size());
  std::vector<std::pair<AppendSink*, std::vector<AppendResult>>> by_sink;
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto it = std::find_if(by_sink.begin(), by_sink.end(), [&](const auto& entry) { return entry.first == sinks[i]; });
    if (it == by_sink.end()) it = by_sink.insert(by_sink.end(), {sinks[i], {}});
    it->second.push_back(std::move(results[i]));
  }
  for (auto& [sink, list] : by_sink) sink->appended(std::move(list));
}

}  // namespace skald::storage

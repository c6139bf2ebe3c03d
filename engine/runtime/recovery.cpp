#include "engine/runtime/recovery.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skald::runtime {
namespace {

constexpr std::size_t kRestlessPage = 1'000;
constexpr Millis kHandOutInterval{10};
constexpr Millis kReadAgainAfter{1'000};
// A few executions are not held back for the whole ramp.
constexpr Millis kPerExecution{1};

}  // namespace

Recovery::Recovery(ExecutionHost& host, Resume resume) : host_(host), resume_(std::move(resume)) {}

void Recovery::begin(const ports::ShardSet& shards) {
  waiting_ |= shards;
  if (!running_.exchange(true)) next();
}

void Recovery::next() {
  shards_ = std::exchange(waiting_, {});
  listed_ = false;
  last_.reset();
  ids_ = {};
  handed_out_ = 0;
  running_ = shards_.any();
  if (running_) read_page();
}

void Recovery::fired() {
  if (host_.shared().draining) return;
  listed_ ? hand_out() : read_page();
}

void Recovery::read_page() {
  host_.offload([&history = host_.shared().history, shards = shards_,
                 after = last_] { return history.list_restless(shards, after, kRestlessPage); },
                [this](Result<std::vector<ports::WakeUp>> page) {
                  if (host_.shared().draining) return;
                  if (!page) {
                    host_.warn("what is live could not be listed; it is tried again", page.error());
                    return host_.timers().set(*this, host_.shared().time.steady() + kReadAgainAfter);
                  }
                  for (const auto& wake_up : *page) ids_.push_back(wake_up.execution);
                  if (!page->empty()) last_ = page->back();
                  if (page->size() == kRestlessPage) return read_page();
                  shuffle();
                });
}

void Recovery::shuffle() {
  listed_ = true;
  auto& shared = host_.shared();
  for (std::size_t i = ids_.size(); i > 1; --i) std::swap(ids_[i - 1], ids_[shared.entropy.next() % i]);
  ramp_begin_ = shared.time.steady();
  ramp_ = std::min(shared.options.recovery_ramp, kPerExecution * static_cast<std::int64_t>(ids_.size()));
  if (!ids_.empty()) {
    const auto count = std::to_string(ids_.size());
    shared.log.write(ports::LogLevel::kInfo, "resuming executions that were live", {{"count", count}});
  }
  hand_out();
}

void Recovery::hand_out() {
  const auto elapsed = std::chrono::duration_cast<Millis>(host_.shared().time.steady() - ramp_begin_);
  std::size_t due = ids_.size();
  if (elapsed < ramp_) {
    // One interval ahead, so that the first ones do not wait.
    due = std::min(due, ids_.size() * static_cast<std::size_t>((elapsed + kHandOutInterval).count()) /
                            static_cast<std::size_t>(ramp_.count()));
  }
  if (due > handed_out_) {
    resume_({ids_.begin() + static_cast<std::ptrdiff_t>(handed_out_), ids_.begin() + static_cast<std::ptrdiff_t>(due)});
    handed_out_ = due;
  }
  if (handed_out_ == ids_.size() && host_.shared().activating == 0) {
    return next();
  }
  host_.timers().set(*this, host_.shared().time.steady() + kHandOutInterval);
}

}  // namespace skald::runtime

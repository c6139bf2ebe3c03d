#include "storage/writer.hpp"

#include <soci/soci.h>

#include <stdexcept>
#include <utility>

#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"

namespace skald::storage {

using namespace ports;

Writer::Writer(std::unique_ptr<soci::session> session, const Dialect& dialect, const Owner& owner,
               const StoreOptions& options)
    : dialect_(dialect),
      options_(options),
      session_(std::move(session)),
      batches_(*session_, dialect, owner),
      journal_([this](const auto& groups) { return write(groups); }, options) {}

Writer::~Writer() = default;

void Writer::between_batches(const std::function<void(soci::session&)>& work) {
  const std::lock_guard lock(mutex_);
  if (!batches_.is_ready()) {
    report_trouble();
    throw std::runtime_error(to_text(batches_.broken() ? *batches_.broken() : *batches_.trouble()));
  }
  try {
    work(*session_);
  } catch (const std::exception& error) {
    if (dynamic_cast<const UnknownCommit*>(&error) || !dialect_.is_idle(*session_)) {
      batches_.distrust(error);
      report_trouble();
    }
    throw;
  }
}

std::optional<Error> Writer::trouble() {
  if (!failing_.load(std::memory_order_relaxed)) return std::nullopt;
  std::unique_lock lock(trouble_mutex_);
  auto found = trouble_;
  lock.unlock();
  if (dialect_.replaces_sessions()) journal_.nudge();
  return found;
}

std::vector<AppendResult> Writer::write(const std::vector<AppendGroup>& groups) {
  const std::lock_guard lock(mutex_);
  auto results = batches_.write(groups);
  if (report_trouble()) return results;
  for (const auto& result : results) {
    if (result.error) log(*result.error);
  }
  return results;
}

// Tells of what went wrong, if something did. With the session's lock.
bool Writer::report_trouble() {
  const auto& broken = batches_.broken();
  const auto& trouble = broken ? broken : batches_.trouble();
  remember(trouble);
  if (trouble && !told_fatal_) log(*trouble);
  if (broken && !told_fatal_) {
    told_fatal_ = true;
    if (options_.on_fatal) options_.on_fatal(*broken);
  }
  return trouble.has_value();
}

// Rarely changes: the lock is taken only then.
void Writer::remember(const std::optional<Error>& trouble) {
  if (!trouble && !failing_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(trouble_mutex_);
  trouble_ = trouble;
  failing_.store(trouble.has_value(), std::memory_order_relaxed);
}

// Every one is counted, one a second and writer is written to the log.
void Writer::log(const Error& error) {
  options_.telemetry.store_error(error.code);
  const auto now = options_.clock.steady();
  if (logged_ == error.code && now - logged_at_ < std::chrono::seconds(1)) return;
  logged_ = error.code;
  logged_at_ = now;
  options_.log.write(LogLevel::kError, "the database did not take what was written",
                     {{"code", error.code}, {"error", error.message}, {"detail", error.detail}});
}

}  // namespace skald::storage

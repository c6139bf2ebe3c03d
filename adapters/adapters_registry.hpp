// The adapters in force: the last good content of the adapters file with its secrets, replaced as a whole.
//
// A watcher thread looks at the file and the secrets once a second; a broken file leaves the former content in force
// and every error in the log. Life cycle: construct, load() or set(), watch(), destroyed after the loops have ended.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/adapter_settings.hpp"
#include "adapters/secret.hpp"
#include "engine/async/periodic_thread.hpp"
#include "engine/definition/load.hpp"
#include "engine/definition/operation_catalog.hpp"
#include "engine/ports/log.hpp"

namespace skald::adapters {

// Immutable.
struct AdaptersSnapshot {
  AdaptersConfig config;
  Secrets secrets;
  std::shared_ptr<const definition::OperationCatalog> operations;
};

using AdaptersSnapshotPtr = std::shared_ptr<const AdaptersSnapshot>;

class AdaptersRegistry {
 public:
  // `secrets_directory` may be empty.
  AdaptersRegistry(ports::Log& log, std::string secrets_directory);
  ~AdaptersRegistry();
  AdaptersRegistry(const AdaptersRegistry&) = delete;
  AdaptersRegistry& operator=(const AdaptersRegistry&) = delete;

  // Blocking. Errors: "adapters.unreadable"; "adapters.invalid", whose detail holds every diagnostic, one a line.
  Result<void> load(const std::string& file);

  // Puts a configuration into force directly.
  void set(AdaptersConfig config);

  // Secrets that definitions use beside those of the adapters; from then on they are looked after like those. Blocking.
  void need_secrets(const std::vector<std::string>& names);

  // Looks again at the loaded file and the secrets: what the watcher does each second. Blocking. True: something
  // changed.
  bool refresh();

  // Watches for as long as the thread returned is kept. `changed` runs on it after each change of the configuration.
  [[nodiscard]] async::PeriodicThread watch(std::function<void(const AdaptersSnapshotPtr&)> changed);

  // Never null.
  AdaptersSnapshotPtr snapshot() const;
  // Grows with each change: cheap enough for every send.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  void publish(AdaptersConfig config, Secrets secrets);
  Secrets read_secrets_of(const AdaptersConfig& config) const;
  std::set<std::string> secret_names(const AdaptersConfig& config) const;
  void report_missing(const AdaptersConfig& config, const Secrets& secrets);

  ports::Log& log_;
  const std::string secrets_directory_;
  std::mutex loading_;  // load, refresh and set exclude one another
  std::string file_;
  std::string content_;                   // as last looked at, good or not
  std::set<std::string> needed_secrets_;  // of definitions
  mutable std::mutex guard_;
  AdaptersSnapshotPtr snapshot_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace skald::adapters

#include "adapters/adapters_registry.hpp"

#include <chrono>
#include <fstream>
#include <optional>
#include <set>
#include <utility>

#include "adapters/adapters_file.hpp"
#include "engine/base/limits.hpp"

namespace skald::adapters {
namespace {

constexpr std::chrono::seconds kWatchInterval{1};

// At most a byte more than the limit, so that the reader refuses it.
std::optional<std::string> read_whole(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text(limits::kDefinitionBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

std::set<std::string> secret_names_of(const AdaptersConfig& config) {
  std::set<std::string> names;
  for (const auto& [name, adapter] : config.adapters) {
    if (const auto* bearer = std::get_if<BearerAuthentication>(&adapter.authentication)) {
      bearer->token.collect_names(names);
    }
    if (const auto* basic = std::get_if<BasicAuthentication>(&adapter.authentication)) {
      basic->username.collect_names(names);
      basic->password.collect_names(names);
    }
  }
  return names;
}

}  // namespace

AdaptersRegistry::AdaptersRegistry(ports::Log& log, std::string secrets_directory)
    : log_(log), secrets_directory_(std::move(secrets_directory)) {
  publish({}, {});
}

AdaptersRegistry::~AdaptersRegistry() = default;

Result<void> AdaptersRegistry::load(const std::string& file) {
  const std::lock_guard lock(loading_);
  file_ = file;
  auto text = read_whole(file);
  if (!text) {
    return failure("adapters.unreadable", "the adapters file cannot be read", file,
                   "check the path and its permissions");
  }
  content_ = std::move(*text);
  auto parsed = parse_adapters(content_);
  std::string problems;
  for (const auto& diagnostic : parsed.diagnostics) problems += definition::to_text(file, diagnostic) + "\n";
  if (!parsed.config) {
    if (problems.ends_with('\n')) problems.pop_back();
    return failure("adapters.invalid", "the adapters file has errors", file, {}, problems);
  }
  for (const auto& diagnostic : parsed.diagnostics) {
    log_.write(ports::LogLevel::kWarning, definition::to_text(file, diagnostic));
  }
  Secrets secrets = read_secrets_of(*parsed.config);
  report_missing(*parsed.config, secrets);
  publish(std::move(*parsed.config), std::move(secrets));
  return {};
}

void AdaptersRegistry::set(AdaptersConfig config) {
  const std::lock_guard lock(loading_);
  Secrets secrets = read_secrets_of(config);
  publish(std::move(config), std::move(secrets));
}

void AdaptersRegistry::need_secrets(const std::vector<std::string>& names) {
  const std::lock_guard lock(loading_);
  const auto known = needed_secrets_.size();
  needed_secrets_.insert(names.begin(), names.end());
  if (needed_secrets_.size() == known) return;
  const auto current = snapshot();
  Secrets secrets = read_secrets_of(current->config);
  report_missing(current->config, secrets);
  publish(current->config, std::move(secrets));
}

bool AdaptersRegistry::refresh() {
  const std::lock_guard lock(loading_);
  const auto current = snapshot();
  std::optional<AdaptersConfig> config;
  if (auto text = file_.empty() ? std::nullopt : read_whole(file_); text && *text != content_) {
    content_ = std::move(*text);
    auto parsed = parse_adapters(content_);
    for (const auto& diagnostic : parsed.diagnostics) {
      log_.write(parsed.config ? ports::LogLevel::kWarning : ports::LogLevel::kError,
                 definition::to_text(file_, diagnostic));
    }
    if (parsed.config) {
      config = std::move(parsed.config);
    } else {
      log_.write(ports::LogLevel::kError, "the changed adapters file has errors: the former one stays in force",
                 {{"file", file_}});
    }
  }
  const bool reloaded = config.has_value();
  if (!config) config = current->config;
  Secrets secrets = read_secrets_of(*config);
  if (!reloaded && secrets == current->secrets) return false;
  report_missing(*config, secrets);
  log_.write(ports::LogLevel::kInfo, reloaded ? "adapters file reloaded" : "secrets reloaded", {{"file", file_}});
  publish(std::move(*config), std::move(secrets));
  return true;
}

async::PeriodicThread AdaptersRegistry::watch(std::function<void(const AdaptersSnapshotPtr&)> changed) {
  return async::PeriodicThread(kWatchInterval, [this, changed = std::move(changed)] {
    if (refresh() && changed) changed(snapshot());
  });
}

AdaptersSnapshotPtr AdaptersRegistry::snapshot() const {
  const std::lock_guard lock(guard_);
  return snapshot_;
}

void AdaptersRegistry::publish(AdaptersConfig config, Secrets secrets) {
  auto operations = std::make_shared<const definition::OperationCatalog>(catalog_of(config));
  auto snapshot = std::make_shared<const AdaptersSnapshot>(AdaptersSnapshot{
      .config = std::move(config), .secrets = std::move(secrets), .operations = std::move(operations)});
  {
    const std::lock_guard lock(guard_);
    snapshot_ = std::move(snapshot);
  }
  version_.fetch_add(1, std::memory_order_release);
}

Secrets AdaptersRegistry::read_secrets_of(const AdaptersConfig& config) const {
  return read_secrets(secrets_directory_, secret_names(config));
}

std::set<std::string> AdaptersRegistry::secret_names(const AdaptersConfig& config) const {
  std::set<std::string> names = secret_names_of(config);
  names.insert(needed_secrets_.begin(), needed_secrets_.end());
  return names;
}

void AdaptersRegistry::report_missing(const AdaptersConfig& config, const Secrets& secrets) {
  const auto of_adapters = secret_names_of(config);
  for (const auto& name : secret_names(config)) {
    if (secrets.contains(name)) continue;
    log_.write(ports::LogLevel::kError,
               of_adapters.contains(name) ? "a secret of the adapters is not set: calls that need it are not sent"
                                          : "a secret of a workflow is not set: calls that need it are not sent",
               {{"secret", name}});
  }
}

}  // namespace skald::adapters

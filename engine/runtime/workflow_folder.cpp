#include "engine/runtime/workflow_folder.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <set>

#include "engine/base/limits.hpp"

namespace skald::runtime {
namespace {

namespace fs = std::filesystem;

bool is_definition_file(const fs::path& path) {
  const auto extension = path.extension();
  const auto name = path.filename().string();
  return !name.starts_with('.') && (extension == ".yaml" || extension == ".yml" || extension == ".json");
}

Result<std::string> read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return failure("file.unreadable", "cannot be opened", path.string(), "check its permissions");
  // One byte above the limit is enough for the loader to refuse it.
  std::string content(limits::kDefinitionBytesMax + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad()) return failure("file.unreadable", "cannot be read", path.string());
  content.resize(static_cast<std::size_t>(in.gcount()));
  return content;
}

std::string label_of(const definition::Definition& d) {
  return fmt::format("{}/{}:{}", d.namespace_name, d.name, d.version);
}

}  // namespace

WorkflowFolder::WorkflowFolder(fs::path folder, Definitions& definitions, ports::Log& log, OnReport on_report)
    : folder_(std::move(folder)), definitions_(definitions), log_(log), on_report_(std::move(on_report)) {}

void WorkflowFolder::scan() {
  std::error_code error;
  std::map<std::string, Stamp> found;
  fs::directory_iterator entries(folder_, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!is_definition_file(entries->path()) || !entries->is_regular_file(ignored)) continue;
    const Stamp stamp{.modified = entries->last_write_time(ignored), .size = entries->file_size(ignored)};
    if (!ignored) found.emplace(entries->path().filename().string(), stamp);
  }
  if (error) {
    if (!std::exchange(folder_missing_, true)) {
      const auto folder = folder_.string();
      const auto why = error.message();
      log_.write(ports::LogLevel::kWarning, "the workflows folder cannot be read",
                 {{"folder", folder}, {"error", why}});
    }
    return;
  }
  folder_missing_ = false;
  for (const auto& [name, stamp] : found) look_at(name, stamp);
  std::erase_if(files_, [&](const auto& entry) {
    if (found.contains(entry.first)) return false;
    report(FileReport{.file = entry.first, .kind = FileReport::Kind::kRemoved});
    return true;
  });
  starting_ = false;
}

void WorkflowFolder::look_at(const std::string& name, const Stamp& stamp) {
  auto& file = files_.try_emplace(name, Watched{.is_first = starting_}).first->second;
  if (file.seen == stamp && file.settled) return;
  const bool held_still = file.seen == stamp;
  if (!starting_ && !held_still) file.is_first = false;
  file.seen = stamp;
  file.settled = false;
  if (held_still || starting_) take(name, file);
}

void WorkflowFolder::take(const std::string& name, Watched& file) {
  auto content = read_whole(folder_ / name);
  if (!content) {
    return report({.file = name, .kind = FileReport::Kind::kFailed, .message = to_text(content.error())});
  }
  if (!file.content.empty() && file.content == *content) {
    file.settled = true;
    return;
  }
  register_content(name, file, std::move(*content));
}

void WorkflowFolder::register_content(const std::string& name, Watched& file, std::string content) {
  using Kind = FileReport::Kind;
  const auto checked = definitions_.check(content, true);
  if (checked.kind == RegisterOutcome::Kind::kInvalid) {
    file.settled = true;
    file.content = std::move(content);
    return report({.file = name, .kind = Kind::kBroken, .diagnostics = checked.diagnostics});
  }
  const std::string workflow = label_of(*checked.registered->definition);
  if (is_taken_by_another(name, workflow)) {
    file.settled = true;
    return report({.file = name,
                   .kind = Kind::kFailed,
                   .message = fmt::format("another file of the folder defines {} already", workflow)});
  }
  const auto replace = file.is_first ? Replace::kUnlessOlder : Replace::kYes;
  auto outcome = definitions_.add(content, "file:" + name, replace, true);
  if (!outcome) return report({.file = name, .kind = Kind::kFailed, .message = to_text(outcome.error())});
  file.is_first = false;
  file.settled = true;
  file.content = std::move(content);
  file.workflow = workflow;
  if (outcome->kind == RegisterOutcome::Kind::kSuperseded) {
    return report({.file = name,
                   .kind = Kind::kOutdated,
                   .message = fmt::format("it equals revision {} of {}, and a newer one is current",
                                          outcome->superseded_revision, workflow)});
  }
  const bool unchanged = outcome->kind == RegisterOutcome::Kind::kUnchanged;
  report({.file = name,
          .kind = unchanged ? Kind::kUnchanged : Kind::kRegistered,
          .diagnostics = std::move(outcome->diagnostics)});
}

bool WorkflowFolder::is_taken_by_another(const std::string& name, const std::string& workflow) const {
  for (const auto& [other, file] : files_) {
    if (other != name && file.workflow == workflow) return true;
  }
  return false;
}

void WorkflowFolder::report(FileReport report) {
  const std::string file = (folder_ / report.file).string();
  for (const auto& diagnostic : report.diagnostics) {
    const auto level =
        diagnostic.severity == definition::Severity::kError ? ports::LogLevel::kError : ports::LogLevel::kWarning;
    log_.write(level, definition::to_text(file, diagnostic));
  }
  switch (report.kind) {
    case FileReport::Kind::kBroken:
      log_.write(ports::LogLevel::kError, "the workflow file is broken; what it defined before stays",
                 {{"file", file}});
      break;
    case FileReport::Kind::kFailed:
      log_.write(ports::LogLevel::kError, "the workflow file was not taken",
                 {{"file", file}, {"error", report.message}});
      break;
    case FileReport::Kind::kOutdated:
      log_.write(ports::LogLevel::kWarning, "the workflow file is outdated and was not taken",
                 {{"file", file}, {"reason", report.message}});
      break;
    case FileReport::Kind::kRemoved:
      log_.write(ports::LogLevel::kInfo, "a workflow file was removed; what it defined stays", {{"file", file}});
      break;
    case FileReport::Kind::kRegistered:
    case FileReport::Kind::kUnchanged:
      break;
  }
  if (on_report_) on_report_(report);
}

void WorkflowFolder::start(Millis interval) {
  watcher_.emplace(interval, [this] { scan(); });
}

void WorkflowFolder::stop() {
  watcher_.reset();
}

}  // namespace skald::runtime

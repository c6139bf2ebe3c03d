#include "engine/runtime/workflow_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/base/limits.hpp"
#include "engine/runtime/documents.hpp"

namespace skald::runtime {
namespace {

namespace fs = std::filesystem;

// Of a document that could not be fetched.
constexpr std::uint64_t kLooksBetweenFetches = 60;

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

// A text that is known keeps what it was stored with: what a restart runs is not for the document's host to decide.
Result<std::string> take_or_fetch(const definition::WantedDocument& wanted, const Result<definition::Documents>& known,
                                  const ReadDocument& fetch) {
  if (!known) return std::unexpected(known.error());
  const auto found = known->find(wanted.uri);
  return found != known->end() ? Result<std::string>(found->second) : fetch(wanted);
}

std::string label_of(const definition::Definition& d) {
  return fmt::format("{}/{}:{}", d.namespace_name, d.name, d.version);
}

}  // namespace

bool is_workflow_file(const fs::directory_entry& entry) {
  const auto extension = entry.path().extension();
  const bool is_named_so = extension == ".yaml" || extension == ".yml" || extension == ".json";
  std::error_code ignored;
  return is_named_so && !entry.path().filename().string().starts_with('.') && entry.is_regular_file(ignored);
}

WorkflowFolder::WorkflowFolder(fs::path folder, Definitions& definitions, ports::Log& log, OnReport on_report)
    : folder_(std::move(folder)), definitions_(definitions), log_(log), on_report_(std::move(on_report)) {}

void WorkflowFolder::scan() {
  std::error_code error;
  std::map<std::string, Stamp> found;
  fs::directory_iterator entries(folder_, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!is_workflow_file(*entries)) continue;
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
  unreachable_.clear();
  for (const auto& [name, stamp] : found) look_at(name, stamp);
  std::erase_if(files_, [&](const auto& entry) {
    if (found.contains(entry.first)) return false;
    report(FileReport{.file = entry.first, .kind = FileReport::Kind::kRemoved});
    return true;
  });
  starting_ = false;
  ++looks_;
}

void WorkflowFolder::look_at(const std::string& name, const Stamp& stamp) {
  auto& file = files_.try_emplace(name, Watched{.is_first = starting_}).first->second;
  if (has_changed(file, stamp)) {
    file.settled = false;
    if (!starting_) {
      file.is_first = false;
      return;
    }
  }
  if (!file.settled || is_fetch_due(file)) take(name, file);
}

// Its text or a document of the folder, since the last look, which this one becomes.
bool WorkflowFolder::has_changed(Watched& file, const Stamp& stamp) const {
  bool changed = std::exchange(file.seen, stamp) != stamp;
  for (auto& [uri, document] : file.documents) {
    const Stamp now = stamp_of(uri);
    changed = std::exchange(document.seen, now) != now || changed;
  }
  return changed;
}

bool WorkflowFolder::is_fetch_due(const Watched& file) const {
  return looks_ >= file.next_fetch && std::ranges::any_of(file.documents, [](const auto& entry) {
           return definition::is_remote_document(entry.first) && !entry.second.content;
         });
}

WorkflowFolder::Stamp WorkflowFolder::stamp_of(const std::string& uri) const {
  const auto path = document_path(folder_, uri);
  if (!path || definition::is_remote_document(uri)) return {};
  std::error_code error;
  const Stamp stamp{.modified = fs::last_write_time(*path, error), .size = fs::file_size(*path, error)};
  return error ? Stamp{} : stamp;
}

bool WorkflowFolder::is_as_dealt_with(const Watched& file, const std::string& content) const {
  if (!file.is_dealt_with || file.content != content) return false;
  return std::ranges::all_of(file.documents, [&](const auto& entry) {
    const auto& [uri, document] = entry;
    if (definition::is_remote_document(uri)) return document.content.has_value();
    return read_document_file(folder_, uri) == document.content;
  });
}

// Each once, and remembered; what was fetched stays with the text.
ReadDocument WorkflowFolder::read_documents_of(Watched& file) {
  std::erase_if(file.documents, [](const auto& entry) {
    return !definition::is_remote_document(entry.first) || !entry.second.content;
  });
  return [this, &file, fetch = definitions_.fetches(unreachable_),
          known = std::optional<Result<definition::Documents>>()](const definition::WantedDocument& wanted) mutable {
    const std::string& uri = wanted.uri;
    if (const auto read = file.documents.find(uri); read != file.documents.end()) return read->second.content;
    const Stamp stamp = stamp_of(uri);  // before it is read: a later change shows
    const bool is_remote = definition::is_remote_document(uri);
    if (is_remote && !known) known = definitions_.documents_of(file.content);
    auto bytes = is_remote ? take_or_fetch(wanted, *known, fetch) : read_document_file(folder_, uri);
    return file.documents.emplace(uri, WatchedDocument{stamp, std::move(bytes)}).first->second.content;
  };
}

void WorkflowFolder::take(const std::string& name, Watched& file) {
  auto content = read_whole(folder_ / name);
  if (!content) {
    return report({.file = name, .kind = FileReport::Kind::kFailed, .message = to_text(content.error())});
  }
  if (is_as_dealt_with(file, *content)) {
    file.settled = true;
    return;
  }
  if (file.content != *content) file.documents.clear();
  file.content = std::move(*content);
  file.is_dealt_with = false;
  register_content(name, file);
}

void WorkflowFolder::register_content(const std::string& name, Watched& file) {
  using Kind = FileReport::Kind;
  const ReadDocument read = read_documents_of(file);
  const auto checked = definitions_.check(file.content, true, read);
  if (!checked) return report({.file = name, .kind = Kind::kFailed, .message = to_text(checked.error())});
  if (checked->kind == RegisterOutcome::Kind::kInvalid) {
    file.settled = true;
    file.is_dealt_with = true;
    file.next_fetch = looks_ + kLooksBetweenFetches;
    return report({.file = name, .kind = Kind::kBroken, .diagnostics = checked->diagnostics});
  }
  const std::string workflow = label_of(*checked->registered->definition);
  if (const auto* other = find_another_with(name, workflow)) {
    file.settled = true;
    return report(
        {.file = name,
         .kind = Kind::kFailed,
         .message = fmt::format("{} defines {} already: give one of them another version", *other, workflow)});
  }
  const auto replace = file.is_first ? Replace::kUnlessOlder : Replace::kYes;
  auto outcome = definitions_.add(file.content, "file:" + name, replace, true, read);
  if (!outcome) return report({.file = name, .kind = Kind::kFailed, .message = to_text(outcome.error())});
  file.is_first = false;
  file.settled = true;
  file.is_dealt_with = true;
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

const std::string* WorkflowFolder::find_another_with(const std::string& name, const std::string& workflow) const {
  for (const auto& [other, file] : files_) {
    if (other != name && file.workflow == workflow) return &other;
  }
  return nullptr;
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

// The folder of workflow files: loaded at start, then looked at once a second.
//
// Documents that a workflow names as files are read from this folder or below, and looked at like the workflow's own
// file; remote ones are fetched for a text that was not stored before, and once a minute where that failed.
// A changed file becomes a new revision of its version for the executions that start from then on; running ones keep
// theirs. A broken file is reported with every diagnostic and the definition it had stays. A file that has vanished
// takes nothing away. At start-up a file equal to an older revision does not replace the current one.
// Life cycle: construct, scan() once for the start-up load, start(), stop() (the destructor does it too). Thread rule:
// scan() from one thread at a time; reports arrive on the thread that scans.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/async/periodic_thread.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/log.hpp"
#include "engine/runtime/definitions.hpp"

namespace skald::runtime {

// A file that the server would load: *.yaml, *.yml, *.json, not hidden.
bool is_workflow_file(const std::filesystem::directory_entry& entry);

struct FileReport {
  enum class Kind {
    kRegistered,  // created or replaced
    kUnchanged,   // the same content is current already
    kOutdated,    // as found at the start: equals an older revision, which stays old
    kBroken,      // see diagnostics
    kFailed,      // could not be read or stored; tried again at the next look
    kRemoved,
  };

  std::string file;  // name within the folder
  Kind kind = Kind::kBroken;
  std::vector<definition::Diagnostic> diagnostics;
  std::string message;  // of kFailed and kOutdated
};

class WorkflowFolder {
 public:
  using OnReport = std::function<void(const FileReport&)>;

  WorkflowFolder(std::filesystem::path folder, Definitions& definitions, ports::Log& log, OnReport on_report = {});
  WorkflowFolder(const WorkflowFolder&) = delete;
  WorkflowFolder& operator=(const WorkflowFolder&) = delete;

  // Blocking: one look at the folder. The first one loads every file; later ones those that have changed and then held
  // still for one look, so that a half-written file is not taken.
  void scan();

  void start(Millis interval = std::chrono::seconds(1));
  void stop();

 private:
  // What tells a changed file cheaply.
  struct Stamp {
    std::filesystem::file_time_type modified{};
    std::uintmax_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct WatchedDocument {
    Stamp seen;  // of a file, at the last look
    Result<std::string> content;
  };
  struct Watched {
    Stamp seen;            // at the last look
    bool settled = false;  // `seen` has been dealt with
    bool is_first = true;  // it was there at the start, and nothing of it has been registered or has changed
    std::string content;   // as read last
    std::map<std::string, WatchedDocument> documents;  // that it names, as read last
    bool is_dealt_with = false;                        // with `content` and `documents`
    std::uint64_t next_fetch = 0;                      // the look at which documents that lack are fetched again
    std::string workflow;                              // "shop/checkout:1.0.0" it registered; empty: none
  };

  void look_at(const std::string& name, const Stamp& stamp);
  bool has_changed(Watched& file, const Stamp& stamp) const;
  bool is_as_dealt_with(const Watched& file, const std::string& content) const;
  bool is_fetch_due(const Watched& file) const;
  ReadDocument read_documents_of(Watched& file);
  void take(const std::string& name, Watched& file);
  void register_content(const std::string& name, Watched& file);
  Stamp stamp_of(const std::string& uri) const;
  const std::string* find_another_with(const std::string& name, const std::string& workflow) const;
  void report(FileReport report);

  std::filesystem::path folder_;
  Definitions& definitions_;
  ports::Log& log_;
  OnReport on_report_;
  bool starting_ = true;
  std::uint64_t looks_ = 0;
  bool folder_missing_ = false;
  UnreachableHosts unreachable_;  // in this look
  std::map<std::string, Watched> files_;
  std::optional<async::PeriodicThread> watcher_;
};

}  // namespace skald::runtime

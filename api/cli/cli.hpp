// The command line: `serve` is the service, `validate`, `graph` and `simulate` work offline, everything else is a
// client of the HTTP API.
//
// Exit codes: 0 done; 1 a file has errors, a dry run found some, or the awaited execution did not complete; 2 wrong
// usage or an unreadable file; 3 the server refused (4xx); 4 the server cannot be reached or failed (5xx), or `serve`
// cannot begin; 70 `serve` had to end itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/definition/load.hpp"
#include "engine/definition/operation_catalog.hpp"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace skald::cli {

inline constexpr int kDone = 0;
inline constexpr int kNotCompleted = 1;
inline constexpr int kUsage = 2;
inline constexpr int kRefused = 3;
inline constexpr int kUnavailable = 4;

struct ServeOptions {
  std::string config;                        // empty: skald.yaml where it exists
  std::map<std::string, std::string> flags;  // setting name -> value
  bool print_config = false;
};

// The operations that an adapters file offers, or what is wrong with it.
struct LoadedOperations {
  std::optional<definition::OperationCatalog> catalog;
  std::vector<definition::Diagnostic> diagnostics;
};

// What only the composition root can do.
struct Hooks {
  std::function<int(const ServeOptions&)> serve;
  std::function<Result<LoadedOperations>(const std::string& file)> load_operations;
  // A document of http:// or https:// that a workflow file names.
  std::function<Result<std::string>(const definition::WantedDocument& wanted)> fetch_document;
  std::string version;
};

enum class Format { kTable, kJson, kYaml };

// What every subcommand knows.
struct Context {
  Hooks hooks;
  std::string server = "http://127.0.0.1:8080";
  std::string output = "table";
  std::string actor;
  std::function<int()> chosen;  // set by the subcommand that was named

  Format format() const { return output == "json" ? Format::kJson : output == "yaml" ? Format::kYaml : Format::kTable; }
  // Of a command with a `--format` of its own: "json" is `-o json`.
  Format format_of(const std::string& own) const { return own == "json" ? Format::kJson : format(); }
};

// Of an option whose value must not be "": a shell variable that is not set is no wish.
CLI::Validator not_empty();

int run(int argc, const char* const* argv, Hooks hooks);

void add_serve(CLI::App& app, Context& context);
void add_validate(CLI::App& app, Context& context);
void add_graph(CLI::App& app, Context& context);
void add_simulate(CLI::App& app, Context& context);
void add_start(CLI::App& app, Context& context);
void add_reading(CLI::App& app, Context& context);
void add_changing(CLI::App& app, Context& context);

}  // namespace skald::cli

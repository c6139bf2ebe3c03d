// `skald validate FILE...`: what the server would say of a definition, without a server.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/cli/cli.hpp"
#include "api/cli/files.hpp"
#include "api/cli/print.hpp"
#include "engine/definition/load.hpp"

namespace skald::cli {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::string adapters;
  std::string format = "text";
};

int validate(const Context& context, const ValidateOptions& options) {
  const Format format = context.format_of(options.format);
  nlohmann::json all = nlohmann::json::array();
  const auto tell = [&](const std::string& file, const std::vector<definition::Diagnostic>& diagnostics) {
    for (const auto& diagnostic : diagnostics) {
      if (format == Format::kTable) {
        std::cout << definition::to_text(file, diagnostic) << '\n';
      } else {
        all.push_back(diagnostic_json(file, diagnostic));
      }
    }
  };
  LoadedOperations operations;
  definition::LoadOptions load_options;
  bool has_errors = false;
  if (!options.adapters.empty()) {
    auto loaded = context.hooks.load_operations(options.adapters);
    if (!loaded) return report(loaded.error());
    operations = std::move(*loaded);
    has_errors = !operations.catalog;
    tell(options.adapters, operations.diagnostics);
    if (operations.catalog) load_options.operations = &*operations.catalog;
  }
  for (const auto& file : options.files) {
    const auto source = read_text(file);
    if (!source) return report(source.error());
    const auto result = load_definition(context, file, *source, load_options);
    has_errors = has_errors || !result.ok();
    tell(file, result.diagnostics);
    if (format == Format::kTable && result.ok()) {
      const auto& definition = *result.definition;
      std::cout << file << ": " << definition.namespace_name << '/' << definition.name << ' ' << definition.version
                << " is valid\n";
    }
  }
  if (format != Format::kTable) print_document(format, all);
  return has_errors ? kNotCompleted : kDone;
}

}  // namespace

void add_validate(CLI::App& app, Context& context) {
  auto options = std::make_shared<ValidateOptions>();
  auto* command = app.add_subcommand("validate", "Check workflow files; needs no server");
  command->add_option("FILE", options->files, "Workflow files, - for standard input")->required();
  command->add_option("--adapters", options->adapters, "Adapters file: checks adapters and operations too");
  command->add_option("--format", options->format, "text or json, as -o json")->check(CLI::IsMember({"text", "json"}));
  command->callback(
      [&context, options] { context.chosen = [&context, options] { return validate(context, *options); }; });
}

}  // namespace skald::cli

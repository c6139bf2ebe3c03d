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

nlohmann::json to_json(const std::string& file, const definition::Diagnostic& diagnostic) {
  return {{"file", file},
          {"line", diagnostic.mark.line},
          {"column", diagnostic.mark.column},
          {"severity", diagnostic.severity == definition::Severity::kError ? "error" : "warning"},
          {"rule", diagnostic.rule},
          {"pointer", diagnostic.pointer},
          {"detail", diagnostic.message}};
}

int validate(const Context& context, const ValidateOptions& options) {
  definition::OperationCatalog catalog;
  definition::LoadOptions load_options;
  if (!options.adapters.empty()) {
    auto loaded = context.hooks.load_operations(options.adapters);
    if (!loaded) return report(loaded.error());
    catalog = std::move(*loaded);
    load_options.operations = &catalog;
  }
  bool has_errors = false;
  nlohmann::json all = nlohmann::json::array();
  for (const auto& file : options.files) {
    const auto source = read_text(file);
    if (!source) return report(source.error());
    const auto result = load_definition(context, file, *source, load_options);
    has_errors = has_errors || !result.ok();
    for (const auto& diagnostic : result.diagnostics) {
      if (options.format == "json") {
        all.push_back(to_json(file, diagnostic));
      } else {
        std::cout << definition::to_text(file, diagnostic) << '\n';
      }
    }
    if (options.format == "text" && result.ok()) {
      const auto& definition = *result.definition;
      std::cout << file << ": " << definition.namespace_name << '/' << definition.name << ' ' << definition.version
                << " is valid\n";
    }
  }
  if (options.format == "json") std::cout << all.dump() << '\n';
  return has_errors ? kNotCompleted : kDone;
}

}  // namespace

void add_validate(CLI::App& app, Context& context) {
  auto options = std::make_shared<ValidateOptions>();
  auto* command = app.add_subcommand("validate", "Check workflow files; needs no server");
  command->add_option("FILE", options->files, "Workflow files, - for standard input")->required();
  command->add_option("--adapters", options->adapters, "Adapters file: checks adapters and operations too");
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->callback(
      [&context, options] { context.chosen = [&context, options] { return validate(context, *options); }; });
}

}  // namespace skald::cli

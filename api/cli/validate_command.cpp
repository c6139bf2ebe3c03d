// `skald validate FILE...`: what the server would say of a definition, without a server.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

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

// What was looked at, told as it comes or, as a document, at the end.
class ValidationReport {
 public:
  explicit ValidationReport(Format format) : format_(format) {}

  void tell(const std::string& file, const definition::Diagnostic& diagnostic) {
    has_errors_ = has_errors_ || diagnostic.severity == definition::Severity::kError;
    if (format_ == Format::kTable) {
      std::cout << definition::to_text(file, diagnostic) << '\n';
    } else {
      all_.push_back(diagnostic_json(file, diagnostic));
    }
  }
  void tell(const std::string& file, const std::vector<definition::Diagnostic>& diagnostics) {
    for (const auto& diagnostic : diagnostics) tell(file, diagnostic);
  }
  void tell_valid(const std::string& file, const std::string& what) {
    if (format_ == Format::kTable) std::cout << file << ": " << what << " is valid\n";
  }
  int end() {
    if (format_ != Format::kTable) print_document(format_, all_);
    return has_errors_ ? kNotCompleted : kDone;
  }

 private:
  Format format_;
  nlohmann::json all_ = nlohmann::json::array();
  bool has_errors_ = false;
};

bool is_adapters_file(const std::string& source) {
  return source.starts_with("adapters:") || source.find("\nadapters:") != std::string::npos;
}

int validate(const Context& context, const ValidateOptions& options) {
  ValidationReport told(context.format_of(options.format));
  LoadedOperations operations;
  definition::LoadOptions load_options;
  if (!options.adapters.empty()) {
    auto loaded = context.hooks.load_operations(options.adapters);
    if (!loaded) return report(loaded.error());
    operations = std::move(*loaded);
    told.tell(options.adapters, operations.diagnostics);
    if (operations.catalog) load_options.operations = &*operations.catalog;
    if (operations.catalog && options.files.empty()) told.tell_valid(options.adapters, "the adapters file");
  }
  const auto files = list_workflow_files(options.files);
  if (!files) return report(files.error());
  std::map<std::string, std::string> defined;  // "shop/checkout 1.0.0": the file
  for (const auto& file : *files) {
    const auto source = read_text(file);
    if (!source) return report(source.error());
    const auto result = load_definition(context, file, *source, load_options);
    told.tell(file, result.diagnostics);
    if (!result.ok()) {
      if (is_adapters_file(*source)) {
        std::cerr << file << ": this looks like an adapters file: check it with `skald validate --adapters " << file
                  << "`\n";
      }
      continue;
    }
    const auto& definition = *result.definition;
    const auto name = definition.namespace_name + '/' + definition.name + ' ' + definition.version;
    const auto [earlier, is_new] = defined.emplace(name, file);
    if (is_new) {
      told.tell_valid(file, name);
    } else {
      told.tell(file, {.rule = "duplicate-value",
                       .mark = {.line = 1, .column = 1},
                       .pointer = "/document",
                       .message = name + " is defined by " + earlier->second +
                                  " already, and a server takes the first of them: give one another version"});
    }
  }
  return told.end();
}

}  // namespace

void add_validate(CLI::App& app, Context& context) {
  auto options = std::make_shared<ValidateOptions>();
  auto* command = app.add_subcommand("validate", "Check workflow files; needs no server");
  command->add_option("FILE", options->files, "Workflow files, or folders of them; - for standard input");
  command->add_option("--adapters", options->adapters,
                      "Adapters file: checks adapters and operations too, or the file itself");
  command->add_option("--format", options->format, "text or json, as -o json")->check(CLI::IsMember({"text", "json"}));
  command->callback([&context, options] {
    if (options->files.empty() && options->adapters.empty()) throw CLI::RequiredError("FILE");
    context.chosen = [&context, options] { return validate(context, *options); };
  });
}

}  // namespace skald::cli

// `skald deploy`, and an operator's words on executions and incidents.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/cli.hpp"
#include "api/cli/files.hpp"
#include "api/cli/print.hpp"

namespace skald::cli {
namespace {

using nlohmann::json;

struct CommandOptions {
  std::string id;
  unsigned incident = 0;
  std::string reason;
  std::string output_file;
};

struct DeployOptions {
  std::string file;
  bool replace = false;
  bool dry_run = false;
};

int post(const Context& context, const std::string& target, const json& body) {
  Client client(context.server);
  const auto answer = client.send({.method = "POST",
                                   .target = target,
                                   .headers = {{"Content-Type", "application/json"}, {"Skald-Actor", context.actor}},
                                   .body = body.dump(-1, ' ', false, json::error_handler_t::replace)});
  if (!answer) return report(answer.error());
  if (!answer->ok()) return report_problem(*answer);
  const json execution = json::parse(answer->body, nullptr, false);
  if (context.format() == Format::kTable && execution.is_object()) {
    const auto outcome = text_at(execution, "outcome");
    std::cout << text_at(execution, "id") << ' ' << text_at(execution, "phase")
              << (outcome.empty() ? "" : " " + outcome) << '\n';
  } else {
    print_document(context.format(), execution);
  }
  return kDone;
}

int deploy(const Context& context, const DeployOptions& options) {
  auto source = read_text(options.file);
  if (!source) return report(source.error());
  std::string target = "/v1/workflows";
  if (options.dry_run) target += "?dryRun=true";
  if (options.replace) target += std::string(options.dry_run ? "&" : "?") + "replace=true";
  Client client(context.server);
  const auto answer = client.send({.method = "POST",
                                   .target = target,
                                   .headers = {{"Content-Type", "application/yaml"}, {"Skald-Actor", context.actor}},
                                   .body = std::move(*source)});
  if (!answer) return report(answer.error());
  if (!answer->ok()) return report_problem(*answer, options.file);
  const json document = json::parse(answer->body, nullptr, false);
  if (context.format() != Format::kTable || !document.is_object()) {
    print_document(context.format(), document);
    return kDone;
  }
  for (const auto& warning : document.value("warnings", json::array())) {
    std::cerr << options.file << ':' << warning.value("line", 1) << ':' << warning.value("column", 1)
              << ": warning: " << text_at(warning, "detail") << " [" << text_at(warning, "rule") << "]\n";
  }
  if (options.dry_run) {
    std::cout << options.file << " is valid\n";
  } else {
    std::cout << text_at(document, "namespace") << '/' << text_at(document, "name") << ' '
              << text_at(document, "version") << " revision " << document.value("revision", 1)
              << (answer->status == 200 ? " (registered already)" : " registered") << '\n';
  }
  return kDone;
}

void add_command(CLI::App& app, Context& context, const std::string& name, const std::string& meaning) {
  auto options = std::make_shared<CommandOptions>();
  auto* command = app.add_subcommand(name, meaning);
  command->add_option("ID", options->id, "The execution")->required();
  command->add_option("--reason", options->reason, "Why; recorded in the history");
  command->callback([&context, options, name] {
    context.chosen = [&context, options, name] {
      return post(context, "/v1/executions/" + percent_encode(options->id) + "/" + name, {{"reason", options->reason}});
    };
  });
}

void add_incident_command(CLI::App& app, Context& context, const std::string& name, const std::string& meaning) {
  auto options = std::make_shared<CommandOptions>();
  auto* command = app.add_subcommand(name, meaning);
  command->add_option("ID", options->id, "The execution")->required();
  command->add_option("N", options->incident, "The number of its incident")->required();
  auto* reason = command->add_option("--reason", options->reason, "Why; recorded in the history");
  if (name != "retry") reason->required();
  if (name == "resolve") {
    command
        ->add_option("--output-file", options->output_file, "File with the step's output, JSON; - for standard input")
        ->check(not_empty());
  }
  command->callback([&context, options, name] {
    context.chosen = [&context, options, name] {
      json body = {{"reason", options->reason}};
      if (!options->output_file.empty()) {
        const auto text = read_json(options->output_file);
        if (!text) return report(text.error());
        body["output"] = json::parse(*text, nullptr, false);
      }
      return post(context,
                  "/v1/executions/" + percent_encode(options->id) + "/incidents/" + std::to_string(options->incident) +
                      "/" + name,
                  body);
    };
  });
}

}  // namespace

void add_changing(CLI::App& app, Context& context) {
  add_command(app, context, "cancel", "Cancel an execution: what was done is undone");
  add_command(app, context, "suspend", "Hold an execution: no step begins");
  add_command(app, context, "resume", "Let a held execution go on");
  add_command(app, context, "terminate", "End an execution at once, without undoing anything");
  add_incident_command(app, context, "retry", "Try the step of an incident again");
  add_incident_command(app, context, "skip", "Go on without the step of an incident");
  add_incident_command(app, context, "resolve", "Take the step of an incident as done by hand");

  auto options = std::make_shared<DeployOptions>();
  auto* command = app.add_subcommand("deploy", "Register a workflow file");
  command->add_option("FILE", options->file, "The file, - for standard input")->required();
  command->add_flag("--replace", options->replace, "Replace the content that stands under this version");
  command->add_flag("--dry-run", options->dry_run, "Check only");
  command->callback(
      [&context, options] { context.chosen = [&context, options] { return deploy(context, *options); }; });
}

}  // namespace skald::cli

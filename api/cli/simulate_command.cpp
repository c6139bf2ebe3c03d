// `skald simulate FILE`: what becomes of a workflow when its calls go wrong, without a server and without a call.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/cli.hpp"
#include "api/cli/files.hpp"
#include "api/cli/print.hpp"
#include "engine/definition/load.hpp"
#include "engine/dry_run/explore.hpp"
#include "engine/dry_run/report_json.hpp"
#include "engine/dry_run/report_text.hpp"
#include "engine/dry_run/world.hpp"
#include "engine/saga/path.hpp"

namespace skald::cli {
namespace {

using dry_run::Interruption;

struct SimulateOptions {
  std::string file;
  std::string adapters;
  std::string input;
  std::vector<std::string> outputs;
  std::vector<std::string> steps;
  std::string cancel_during, cancel_after, timeout_during, timeout_after;
  std::vector<std::string> may_stand;
  std::uint64_t seed = 1;
  std::size_t runs_max = 2000;
  bool coverage = false;
  std::string format = "text";
};

Result<Payload> read_payload(std::string text, const std::string& subject) {
  auto payload = Payload::from_text(std::move(text));
  if (!payload) return failure("cli.json", "is not valid JSON", subject, "", payload.error().subject);
  return payload;
}

// "NAME=JSON", each answer of a step in its order.
Result<void> read_output(const definition::Definition& definition, const std::string& text, dry_run::Given& given) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) {
    return failure("cli.output", "must be written NAME=JSON", text, "e.g. --output 'charge={\"id\": \"1\"}'");
  }
  auto path = dry_run::find_path(definition, text.substr(0, equals));
  if (!path) return std::unexpected(std::move(path.error()));
  auto output = read_payload(text.substr(equals + 1), "--output " + text.substr(0, equals));
  if (!output) return std::unexpected(std::move(output.error()));
  given.outputs[saga::static_path(*path)].push_back(std::move(*output));
  return {};
}

Result<dry_run::Subject> read_subject(const SimulateOptions& options, const definition::DefinitionPtr& definition,
                                      std::optional<definition::OperationCatalog> operations) {
  dry_run::Given given{.input = {}, .outputs = {}, .operations = std::move(operations)};
  if (!options.input.empty()) {
    auto text = read_input(options.input);
    if (!text) return std::unexpected(std::move(text.error()));
    auto input = read_payload(std::move(*text), "--input");
    if (!input) return std::unexpected(std::move(input.error()));
    given.input = std::move(*input);
  }
  for (const auto& output : options.outputs) {
    if (auto done = read_output(*definition, output, given); !done) return std::unexpected(std::move(done.error()));
  }
  return dry_run::make_subject(definition, std::move(given));
}

Result<dry_run::Schedule> read_schedule(const definition::Definition& definition, const SimulateOptions& options) {
  dry_run::Schedule schedule;
  for (const auto& step : options.steps) {
    auto fault = dry_run::parse_fault(definition, step);
    if (!fault) return std::unexpected(std::move(fault.error()));
    const auto is_same = [&](const dry_run::Fault& known) { return known.call == fault->call; };
    if (std::any_of(schedule.faults.begin(), schedule.faults.end(), is_same)) {
      return failure("simulate.step", "is named twice; a call meets one trouble", fault->call);
    }
    schedule.faults.push_back(std::move(*fault));
  }
  using enum Interruption::What;
  using enum Interruption::When;
  const std::pair<Interruption, const std::string*> wanted[] = {{{kCancel, kDuring, {}}, &options.cancel_during},
                                                                {{kCancel, kAfter, {}}, &options.cancel_after},
                                                                {{kTimeout, kDuring, {}}, &options.timeout_during},
                                                                {{kTimeout, kAfter, {}}, &options.timeout_after}};
  for (const auto& [interruption, name] : wanted) {
    if (name->empty()) continue;
    auto path = dry_run::find_path(definition, *name);
    if (!path) return std::unexpected(std::move(path.error()));
    schedule.interruption = interruption;
    schedule.interruption->step = std::move(*path);
  }
  return schedule;
}

// As a shell takes it for one word.
std::string quoted(const std::string& text) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./:=@%+,").contains(c);
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

// The command that repeats a schedule, but for the schedule.
dry_run::Origin origin_of(const SimulateOptions& options) {
  std::string command = "skald simulate " + quoted(options.file);
  if (!options.adapters.empty()) command += " --adapters " + quoted(options.adapters);
  if (!options.input.empty()) command += " --input " + quoted(options.input);
  for (const auto& output : options.outputs) command += " --output " + quoted(output);
  for (const auto& name : options.may_stand) command += " --may-stand " + name;
  return {.file = options.file, .command = std::move(command)};
}

void print(Format format, const Json& document, const std::string& text) {
  if (format == Format::kTable) {
    std::cout << text;
  } else {
    print_document(format, document);
  }
}

int play_one(Format format, const SimulateOptions& options, const dry_run::Subject& subject,
             const dry_run::Schedule& schedule, const std::vector<std::string>& may_stand) {
  const auto run = dry_run::play(subject, schedule);
  const auto findings = dry_run::judge(subject, run, may_stand);
  print(format, dry_run::to_json(subject, run, findings), dry_run::to_text(subject, run, findings, origin_of(options)));
  const auto is_error = [](const auto& finding) { return finding.severity == dry_run::Severity::kError; };
  const bool has_errors = std::any_of(findings.begin(), findings.end(), is_error);
  // A trouble that was not met is a question without an answer.
  return has_errors || !dry_run::missed_troubles(run).empty() ? kNotCompleted : kDone;
}

int explore(Format format, const SimulateOptions& options, const dry_run::Subject& subject,
            std::vector<std::string> may_stand) {
  const auto report = dry_run::explore(
      subject, {.seed = options.seed, .runs_max = options.runs_max, .may_stand = std::move(may_stand)});
  print(format, dry_run::to_json(report, origin_of(options)),
        dry_run::to_text(report, origin_of(options), options.coverage));
  return dry_run::has_errors(report) ? kNotCompleted : kDone;
}

// Where a file is no use: text for people goes beside the answer that there is none.
void tell(Format format, const std::string& file, const std::vector<definition::Diagnostic>& diagnostics) {
  if (format == Format::kTable) {
    for (const auto& diagnostic : diagnostics) std::cerr << definition::to_text(file, diagnostic) << '\n';
    return;
  }
  Json all = Json::array();
  for (const auto& diagnostic : diagnostics) all.push_back(diagnostic_json(file, diagnostic));
  print_document(format, {{"diagnostics", std::move(all)}});
}

// The definition; null where it has errors, which are printed.
Result<definition::DefinitionPtr> load_file(const Context& context, Format format, const std::string& file,
                                            const definition::LoadOptions& options) {
  const auto source = read_text(file);
  if (!source) return std::unexpected(source.error());
  const auto loaded = load_definition(context, file, *source, options);
  if (!loaded.ok()) tell(format, file, loaded.diagnostics);
  return loaded.definition;
}

int simulate(const Context& context, const SimulateOptions& options) {
  const Format format = context.format_of(options.format);
  std::optional<definition::OperationCatalog> operations;
  if (!options.adapters.empty()) {
    auto loaded = context.hooks.load_operations(options.adapters);
    if (!loaded) return report(loaded.error());
    if (!loaded->catalog) {
      tell(format, options.adapters, loaded->diagnostics);
      return kNotCompleted;
    }
    operations = std::move(loaded->catalog);
  }
  const auto definition = load_file(context, format, options.file, {.operations = operations ? &*operations : nullptr});
  if (!definition) return report(definition.error());
  if (!*definition) return kNotCompleted;
  std::vector<std::string> may_stand;
  for (const auto& name : options.may_stand) {
    auto path = dry_run::find_path(**definition, name);
    if (!path) return report(path.error());
    may_stand.push_back(saga::static_path(*path));
  }
  const auto schedule = read_schedule(**definition, options);
  if (!schedule) return report(schedule.error());
  const auto subject = read_subject(options, *definition, std::move(operations));
  if (!subject) return report(subject.error());
  if (schedule->size() != 0) return play_one(format, options, *subject, *schedule, may_stand);
  return explore(format, options, *subject, std::move(may_stand));
}

}  // namespace

void add_simulate(CLI::App& app, Context& context) {
  auto options = std::make_shared<SimulateOptions>();
  auto* command = app.add_subcommand("simulate", "Try every failure of a workflow; needs no server, calls nobody");
  command->add_option("FILE", options->file, "Workflow file, - for standard input")->required();
  command->add_option("--adapters", options->adapters, "Adapters file: checks the operations, knows their methods");
  command
      ->add_option(
          "-i,--input", options->input,
          "The input: JSON that begins with { or [, or a file with it; - for standard input (default: made up)")
      ->check(not_empty());
  command->add_option("--output", options->outputs, "NAME=JSON: what a step's call answers, repeatable");
  command->add_option("--step", options->steps,
                      "NAME=done|refused|unknown|lost|slow|crash|crash-before: play this one schedule, repeatable; "
                      "NAME/compensate is an undo");
  std::vector<CLI::Option*> interruptions = {
      command->add_option("--cancel-during", options->cancel_during, "Play a cancellation while this step runs"),
      command->add_option("--cancel-after", options->cancel_after, "Play one after this step's first answer"),
      command->add_option("--timeout-during", options->timeout_during, "Play the workflow's timeout while it runs"),
      command->add_option("--timeout-after", options->timeout_after, "Play it after this step's first answer")};
  for (auto* option : interruptions) {
    for (auto* other : interruptions) {
      if (option != other) option->excludes(other);
    }
  }
  command->add_option("--may-stand", options->may_stand, "A step whose effect nobody needs to undo, repeatable");
  command->add_option("--max-runs", options->runs_max, "Schedules to try at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Chooses among more schedules than that")->capture_default_str();
  command->add_flag("--coverage", options->coverage, "Every call and trouble with all its endings");
  command->add_option("--format", options->format, "text or json, as -o json")->check(CLI::IsMember({"text", "json"}));
  command->callback(
      [&context, options] { context.chosen = [&context, options] { return simulate(context, *options); }; });
}

}  // namespace skald::cli

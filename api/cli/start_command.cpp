// `skald start` and `skald replay`: what makes a new execution.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/cli.hpp"
#include "api/cli/files.hpp"
#include "api/cli/follow.hpp"
#include "api/cli/print.hpp"

namespace skald::cli {
namespace {

using nlohmann::json;

struct Watching {
  bool wait = false;
  bool follow = false;
};

struct StartOptions {
  std::string workflow;
  std::string version;
  std::string input;
  std::optional<std::string> key;
  std::vector<std::string> labels;
  Watching watching;
};

struct ReplayOptions {
  std::string id;
  std::string from = "start";
  std::string version;
  std::string input;
  std::string reason;
  bool accept_standing = false;
  Watching watching;
};

void add_watching(CLI::App& command, Watching& watching) {
  auto* wait = command.add_flag("--wait", watching.wait, "Wait for its end; exit 1 unless it completed");
  command.add_flag("--follow", watching.follow, "Print its steps as they happen; exit 1 unless it completed")
      ->excludes(wait);
}

// What follows an answer to a start: the id alone, the whole document, or the wait.
int after_start(Client& client, const Context& context, const Watching& watching, const Result<ClientAnswer>& answer) {
  if (!answer) return report(answer.error());
  if (!answer->ok()) return report_problem(*answer);
  const json execution = json::parse(answer->body, nullptr, false);
  const auto id = execution.is_object() ? text_at(execution, "id") : std::string();
  if (id.empty()) return report_problem({.status = 502, .content_type = {}, .body = {}});
  if (watching.follow) {
    if (context.format() == Format::kTable) std::cout << "execution " << id << std::endl;
    return follow(client, context, id);
  }
  if (watching.wait) return wait_for_end(client, context, id);
  if (context.format() == Format::kTable) {
    std::cout << id << '\n';
  } else {
    print_document(context.format(), execution);
  }
  return kDone;
}

int start(const Context& context, const StartOptions& options) {
  const auto slash = options.workflow.find('/');
  if (slash == std::string::npos) {
    return report({.code = "cli.workflow",
                   .message = "must be written NAMESPACE/NAME",
                   .subject = options.workflow,
                   .remedy = "`skald list --workflows` shows what is registered",
                   .detail = {}});
  }
  ClientRequest request{.method = "POST", .target = {}, .headers = {}, .body = "{}"};
  request.target = "/v1/workflows/" + percent_encode(options.workflow.substr(0, slash)) + "/" +
                   percent_encode(options.workflow.substr(slash + 1)) + "/executions";
  if (!options.version.empty()) request.target += "?version=" + percent_encode(options.version);
  if (!options.input.empty()) {
    auto input = read_input(options.input);
    if (!input) return report(input.error());
    request.body = std::move(*input);
  }
  request.headers = {{"Content-Type", "application/json"}, {"Skald-Actor", context.actor}};
  if (options.key) request.headers.emplace_back("Idempotency-Key", *options.key);
  for (const auto& label : options.labels) {
    const auto equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      return report(
          {.code = "cli.label", .message = "must be written KEY=VALUE", .subject = label, .remedy = {}, .detail = {}});
    }
    request.headers.emplace_back("Skald-Label-" + label.substr(0, equals), label.substr(equals + 1));
  }
  Client client(context.server);
  return after_start(client, context, options.watching, client.send(request));
}

int replay(const Context& context, const ReplayOptions& options) {
  json body = {{"from", options.from}, {"reason", options.reason}};
  if (!options.version.empty()) body["version"] = options.version;
  if (options.accept_standing) body["acceptStanding"] = true;
  if (!options.input.empty()) {
    const auto text = read_input(options.input);
    if (!text) return report(text.error());
    body["input"] = json::parse(*text, nullptr, false);
  }
  Client client(context.server);
  return after_start(client, context, options.watching,
                     client.send({.method = "POST",
                                  .target = "/v1/executions/" + percent_encode(options.id) + "/replay",
                                  .headers = {{"Content-Type", "application/json"}, {"Skald-Actor", context.actor}},
                                  .body = body.dump()}));
}

}  // namespace

void add_start(CLI::App& app, Context& context) {
  auto options = std::make_shared<StartOptions>();
  auto* command = app.add_subcommand("start", "Start an execution; prints its id");
  command->add_option("NAMESPACE/NAME", options->workflow, "The workflow")->required();
  command->add_option("--version", options->version, "Its version (default: the highest release)")->check(not_empty());
  command
      ->add_option("-i,--input", options->input,
                   "The input: JSON that begins with { or [, or a file with it; - for standard input")
      ->check(not_empty());
  command
      ->add_option_function<std::string>(
          "--idempotency-key", [options](const std::string& key) { options->key = key; },
          "A repeated start with this key gives the same execution")
      ->check(not_empty());
  command->add_option("-l,--label", options->labels, "KEY=VALUE, repeatable");
  add_watching(*command, options->watching);
  command->callback([&context, options] { context.chosen = [&context, options] { return start(context, *options); }; });

  auto again = std::make_shared<ReplayOptions>();
  auto* replaying = app.add_subcommand("replay", "Repeat a failed execution as a new one");
  replaying->add_option("ID", again->id, "The execution")->required();
  replaying->add_option("--from", again->from, "start, failed, or a step")->check(not_empty())->capture_default_str();
  replaying->add_option("--version", again->version, "Run it with this version of the workflow")->check(not_empty());
  replaying
      ->add_option("-i,--input", again->input,
                   "Another input: JSON that begins with { or [, or a file with it; - for standard input")
      ->check(not_empty());
  replaying->add_option("--reason", again->reason, "Why; recorded in the history");
  replaying->add_flag("--accept-standing", again->accept_standing,
                      "Although effects stand, or another replay does the work or has done it");
  add_watching(*replaying, again->watching);
  replaying->callback([&context, again] { context.chosen = [&context, again] { return replay(context, *again); }; });
}

}  // namespace skald::cli

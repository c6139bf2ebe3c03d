// `skald list`, `show`, `history`, `incidents` and `schedules`.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/cli/cli.hpp"
#include "api/cli/follow.hpp"
#include "api/cli/print.hpp"

namespace skald::cli {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

struct ListOptions {
  std::vector<std::pair<std::string, std::string>> filters;  // query parameters
  std::size_t limit = 50;
  bool workflows = false;
};

constexpr std::size_t kAll = 1'000'000;

// Pages through a list until `limit` items are there, and says where that is not all. nullopt: reported; `code` says
// how.
std::optional<json> fetch(const Context& context, std::string target, std::size_t limit, int& code) {
  Client client(context.server);
  json items = json::array();
  std::string cursor;
  while (items.size() < limit) {
    const char joint = target.find('?') == std::string::npos ? '?' : '&';
    auto page_target = target + joint + "limit=" + std::to_string(std::min<std::size_t>(limit - items.size(), 500));
    if (!cursor.empty()) page_target += "&cursor=" + cursor;
    const auto answer = client.send({.target = page_target});
    if (!answer || !answer->ok()) {
      code = answer ? report_problem(*answer) : report(answer.error());
      return std::nullopt;
    }
    const json page = json::parse(answer->body, nullptr, false);
    if (!page.is_object()) return items;
    for (const auto& item : page.value("items", json::array())) items.push_back(item);
    cursor = text_at(page, "nextCursor");
    if (cursor.empty()) return items;
  }
  std::cerr << "note: there are more than these " << items.size() << "; --limit N shows more\n";
  return items;
}

int print_list(const Context& context, const std::string& target, std::size_t limit, Rows rows,
               std::vector<std::string> (*cells)(const json&)) {
  int code = kDone;
  const auto items = fetch(context, target, limit, code);
  if (!items) return code;
  if (context.format() != Format::kTable) {
    print_document(context.format(), *items);
    return kDone;
  }
  for (const auto& item : *items) rows.push_back(cells(item));
  print_table(rows);
  return kDone;
}

std::string workflow_of(const json& item) {
  const auto workflow = item.value("workflow", json::object());
  return text_at(workflow, "namespace") + "/" + text_at(workflow, "name") + " " + text_at(workflow, "version");
}

std::vector<std::string> execution_cells(const json& item) {
  return {text_at(item, "id"),      workflow_of(item),
          text_at(item, "phase"),   text_at(item, "outcome"),
          text_at(item, "status"),  text_at(item, "startedAt"),
          text_at(item, "endedAt"), std::to_string(item.value("openIncidents", 0))};
}

std::vector<std::string> workflow_cells(const json& item) {
  return {text_at(item, "namespace") + "/" + text_at(item, "name"), text_at(item, "version"),
          std::to_string(item.value("revision", 1)), text_at(item, "origin"), text_at(item, "registeredAt")};
}

std::vector<std::string> incident_cells(const json& item) {
  const auto error = item.value("error", json::object());
  return {text_at(item, "execution"),
          std::to_string(item.value("number", 0)),
          workflow_of(item),
          text_at(item, "kind"),
          text_at(item, "step"),
          text_at(item, "raisedAt"),
          error.is_object() ? text_at(error, "title") : ""};
}

std::vector<std::string> schedule_cells(const json& item) {
  return {text_at(item, "namespace") + "/" + text_at(item, "name"),
          text_at(item, "version"),
          text_at(item, "schedule"),
          text_at(item, "timeZone"),
          text_at(item, "next"),
          text_at(item, "last"),
          text_at(item, "lastExecution"),
          text_at(item, "lastError")};
}

int list(const Context& context, const ListOptions& options) {
  std::string target = options.workflows ? "/v1/workflows" : "/v1/executions";
  for (const auto& [name, value] : options.filters) {
    target += (target.find('?') == std::string::npos ? "?" : "&") + name + "=" + percent_encode(value);
  }
  if (options.workflows) {
    return print_list(context, target, options.limit, {{"WORKFLOW", "VERSION", "REVISION", "ORIGIN", "REGISTERED"}},
                      workflow_cells);
  }
  return print_list(context, target, options.limit,
                    {{"ID", "WORKFLOW", "PHASE", "OUTCOME", "STATUS", "STARTED", "ENDED", "INCIDENTS"}},
                    execution_cells);
}

int show(const Context& context, const std::string& id) {
  Client client(context.server);
  const auto answer = client.send({.target = "/v1/executions/" + percent_encode(id)});
  if (!answer) return report(answer.error());
  if (!answer->ok()) return report_problem(*answer);
  const json execution = json::parse(answer->body, nullptr, false);
  context.format() == Format::kTable ? print_execution(execution) : print_document(context.format(), execution);
  return kDone;
}

int history(const Context& context, const std::string& id, bool follows) {
  if (follows) {
    Client client(context.server);
    return follow(client, context, id);
  }
  int code = kDone;
  const auto items = fetch(context, "/v1/executions/" + percent_encode(id) + "/history", kAll, code);
  if (!items) return code;
  if (context.format() != Format::kTable) {
    print_document(context.format(), *items);
    return kDone;
  }
  Rows rows = {{"#", "TIME", "EVENT", "STEP", "ATTEMPT", "NOTE"}};
  for (const auto& item : *items) {
    auto cells = history_cells(item);
    cells.insert(cells.begin(), std::to_string(item.value("position", 0)));
    rows.push_back(std::move(cells));
  }
  print_table(rows);
  return kDone;
}

CLI::Option* add_filter(CLI::App& command, ListOptions& options, const std::string& flag, const std::string& name,
                        const std::string& meaning) {
  const auto add = [&options, name](const std::string& value) { options.filters.emplace_back(name, value); };
  return command.add_option_function<std::string>(flag, add, meaning)->check(not_empty());
}

// "NAME", or "NAMESPACE/NAME" as `start` takes it.
void filter_by_workflow(ListOptions& options, const std::string& text) {
  const auto slash = text.find('/');
  if (slash != std::string::npos) options.filters.emplace_back("namespace", text.substr(0, slash));
  options.filters.emplace_back("workflow", slash == std::string::npos ? text : text.substr(slash + 1));
}

void add_list(CLI::App& app, Context& context) {
  auto options = std::make_shared<ListOptions>();
  auto* command = app.add_subcommand("list", "List executions, newest first, or workflows");
  auto* workflows = command->add_flag("--workflows", options->workflows, "List the registered workflows instead");
  add_filter(*command, *options, "--namespace", "namespace", "Of this namespace");
  std::vector<CLI::Option*> of_executions = {
      add_filter(*command, *options, "--phase", "phase", "running, suspended, completed, ..."),
      add_filter(*command, *options, "--outcome", "outcome", "completed, compensated, cancelled, faulted, terminated"),
      add_filter(*command, *options, "--status", "status", "With this business status"),
      add_filter(*command, *options, "--search", "q",
                 "Part of the id, the idempotency key, the status or a label's value"),
      add_filter(*command, *options, "--version", "version", "Of this version of a workflow"),
      add_filter(*command, *options, "--idempotency-key", "idempotencyKey", "Started with this key"),
      add_filter(*command, *options, "--parent", "parent", "Run by a step of this execution"),
      add_filter(*command, *options, "--replay-of", "replayOf", "Replays of this execution"),
      add_filter(*command, *options, "--started-after", "startedAfter", "RFC 3339 time"),
      add_filter(*command, *options, "--started-before", "startedBefore", "RFC 3339 time")};
  of_executions.push_back(command
                              ->add_option_function<std::string>(
                                  "--workflow",
                                  [options](const std::string& text) { filter_by_workflow(*options, text); },
                                  "Of this workflow: NAME or NAMESPACE/NAME")
                              ->check(not_empty()));
  of_executions.push_back(command->add_option_function<std::vector<std::string>>(
      "-l,--label",
      [options](const std::vector<std::string>& labels) {
        for (const auto& label : labels) {
          const auto equals = label.find('=');
          if (equals == std::string::npos) throw CLI::ValidationError("--label", "must be written KEY=VALUE");
          options->filters.emplace_back("label." + label.substr(0, equals), label.substr(equals + 1));
        }
      },
      "KEY=VALUE, repeatable"));
  for (auto* filter : of_executions) filter->excludes(workflows);
  command->add_option("--limit", options->limit, "At most that many")
      ->check(CLI::Range(std::size_t{1}, kAll))
      ->capture_default_str();
  command->callback([&context, options] { context.chosen = [&context, options] { return list(context, *options); }; });
}

}  // namespace

void add_reading(CLI::App& app, Context& context) {
  add_list(app, context);
  auto id = std::make_shared<std::string>();
  auto* showing = app.add_subcommand("show", "Show an execution with its steps");
  showing->add_option("ID", *id, "The execution")->required();
  showing->callback([&context, id] { context.chosen = [&context, id] { return show(context, *id); }; });

  auto follows = std::make_shared<bool>(false);
  auto* telling = app.add_subcommand("history", "Show what has happened to an execution");
  telling->add_option("ID", *id, "The execution")->required();
  telling->add_flag("--follow", *follows, "Go on until it has ended");
  telling->callback([&context, id, follows] {
    context.chosen = [&context, id, follows] { return history(context, *id, *follows); };
  });

  app.add_subcommand("incidents", "List what waits for an operator")->callback([&context] {
    context.chosen = [&context] {
      return print_list(context, "/v1/incidents", kAll,
                        {{"EXECUTION", "N", "WORKFLOW", "KIND", "STEP", "RAISED", "ERROR"}}, incident_cells);
    };
  });

  app.add_subcommand("schedules", "List the workflows that start by themselves")->callback([&context] {
    context.chosen = [&context] {
      return print_list(context, "/v1/schedules", kAll,
                        {{"WORKFLOW", "VERSION", "SCHEDULE", "ZONE", "NEXT", "LAST", "EXECUTION", "ERROR"}},
                        schedule_cells);
    };
  });
}

}  // namespace skald::cli

#include "api/cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "api/cli/print.hpp"
#include "engine/definition/suggest.hpp"

namespace skald::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 a file has errors, a dry run found some, or the awaited execution did not complete;\n"
    "2 wrong usage, or a file that cannot be read; 3 the server refused; 4 the server cannot be reached or failed,\n"
    "or cannot begin; 70 the server had to end itself.";

std::string default_actor() {
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? "cli:" + std::string(user) : "cli";
}

void add_version(CLI::App& app, Context& context) {
  app.add_subcommand("version", "Print the version of this program")->callback([&context] {
    context.chosen = [&context] {
      if (context.format() == Format::kTable) {
        std::cout << "skald " << context.hooks.version << "\n";
      } else {
        print_document(context.format(), {{"version", context.hooks.version}});
      }
      return kDone;
    };
  });
}

Error usage_error(std::string code, std::string message, std::string subject, std::string remedy) {
  return {.code = std::move(code),
          .message = std::move(message),
          .subject = std::move(subject),
          .remedy = std::move(remedy),
          .detail = {}};
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const auto meant = definition::nearest(word, names);
  return meant ? "; did you mean '" + *meant + "'?" : std::string();
}

// CLI11 would say that a subcommand is required; the word that was typed helps more.
std::optional<Error> unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::ranges::find(names, argv[1]) != names.end()) return std::nullopt;
  return usage_error("cli.command", "there is no such command" + did_you_mean(argv[1], names), argv[1],
                     "`skald --help` lists them");
}

// The subcommand that was named, or null.
const CLI::App* named_command(const CLI::App& app, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    for (const auto* command : app.get_subcommands({})) {
      if (command->get_name() == word) return command;
    }
  }
  return nullptr;
}

void list_options(const CLI::App& app, std::vector<std::string>& names) {
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
}

// What CLI11 complains about, in the words of all other errors.
Error wrong_usage(const CLI::App& app, const std::vector<std::string>& words, const CLI::ParseError& error) {
  const CLI::App* command = named_command(app, words);
  const std::string name = command == nullptr ? "skald" : "skald " + command->get_name();
  const std::string remedy = "`" + name + " --help` says how it is written";
  std::vector<std::string> options;
  list_options(app, options);
  if (command != nullptr) list_options(*command, options);
  for (const auto& word : words) {
    const auto option = word.substr(0, word.find('='));
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || !option.starts_with("--") || option == "--")
      continue;
    if (std::ranges::find(options, option) != options.end()) continue;
    return usage_error("cli.option", "there is no such option" + did_you_mean(option, options), option, remedy);
  }
  return usage_error("cli.usage", error.what(), {}, remedy);
}

}  // namespace

CLI::Validator not_empty() {
  return {[](const std::string& value) { return value.empty() ? std::string("must not be empty") : std::string(); },
          ""};
}

int run(int argc, const char* const* argv, Hooks hooks) {
  Context context{.hooks = std::move(hooks), .actor = default_actor()};
  CLI::App app("Skald runs sagas: workflows whose steps are undone when a later one fails.", "skald");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--server", context.server, "Address of the server")->envname("SKALD_SERVER")->capture_default_str();
  app.add_option("-o,--output", context.output, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->capture_default_str();
  app.add_option("--actor", context.actor, "Who is recorded as having asked")->envname("SKALD_ACTOR");
  add_serve(app, context);
  add_validate(app, context);
  add_graph(app, context);
  add_simulate(app, context);
  add_start(app, context);
  add_reading(app, context);
  add_changing(app, context);
  add_version(app, context);
  if (const auto wrong = unknown_command(app, argc, argv)) return report(*wrong);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    print_errors_as(context.format());
    return report(wrong_usage(app, {argv + 1, argv + argc}, error));
  }
  print_errors_as(context.format());
  return context.chosen();
}

}  // namespace skald::cli

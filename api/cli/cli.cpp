#include "api/cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "api/cli/print.hpp"
#include "engine/definition/suggest.hpp"

namespace skald::cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 the definition has errors, a dry run found some, or the awaited execution did not "
    "complete;\n"
    "2 wrong usage; 3 the server refused; 4 the server cannot be reached or failed.";

std::string default_actor() {
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? "cli:" + std::string(user) : "cli";
}

void add_version(CLI::App& app, Context& context) {
  app.add_subcommand("version", "Print the version of this program")->callback([&context] {
    context.chosen = [&context] {
      std::cout << "skald " << context.hooks.version << "\n";
      return kDone;
    };
  });
}

// CLI11 would say that a subcommand is required; the word that was typed helps more.
std::optional<Error> unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::ranges::find(names, argv[1]) != names.end()) return std::nullopt;
  const auto meant = definition::nearest(argv[1], names);
  return Error{.code = "cli.command",
               .message = "there is no such command" + (meant ? "; did you mean '" + *meant + "'?" : std::string()),
               .subject = argv[1],
               .remedy = "`skald --help` lists them",
               .detail = {}};
}

}  // namespace

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
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return context.chosen();
}

}  // namespace skald::cli

// `skald serve`: a flag for every setting of the table.
#include <CLI/CLI.hpp>
#include <memory>

#include "api/cli/cli.hpp"
#include "api/cli/print.hpp"
#include "api/settings/settings.hpp"

namespace skald::cli {

void add_serve(CLI::App& app, Context& context) {
  auto options = std::make_shared<ServeOptions>();
  auto* command = app.add_subcommand("serve", "Run the service");
  command->add_option("--config", options->config, "Settings file (default: skald.yaml where it exists)");
  command->add_flag("--print-config", options->print_config, "Print the settings as they would be used, and end");
  for (const auto& setting : api::setting_table()) {
    const std::string name(setting.name);
    command
        ->add_option_function<std::string>(
            api::flag_name(name), [options, name](const std::string& value) { options->flags[name] = value; },
            std::string(setting.meaning) + "; " + std::string(setting.rule))
        ->take_last()
        ->group("Settings");
  }
  command->callback([&context, options] {
    context.chosen = [&context, options] {
      if (context.format() == Format::kJson) {
        return report({.code = "cli.output",
                       .message = "`serve` prints no JSON",
                       .subject = "--output json",
                       .remedy = "settings are YAML; log.format says how the log is written",
                       .detail = {}});
      }
      return context.hooks.serve(*options);
    };
  });
}

}  // namespace skald::cli

// `skald graph FILE`: the drawing of a workflow, without a server.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "api/cli/cli.hpp"
#include "api/cli/files.hpp"
#include "api/cli/print.hpp"
#include "engine/definition/load.hpp"
#include "engine/graph/writers.hpp"

namespace skald::cli {
namespace {

struct GraphOptions {
  std::string file;
  std::string format;  // empty: by the name of `output`
  std::string output;
};

// Errors: "cli.output": the name of the file says no format.
Result<std::string> format_of(const GraphOptions& options) {
  if (!options.format.empty()) return options.format;
  if (options.output.empty() || options.output == "-") return "mermaid";
  const std::string extension = std::filesystem::path(options.output).extension().string();
  if (extension == ".svg") return "svg";
  if (extension == ".dot" || extension == ".gv") return "dot";
  if (extension == ".mmd" || extension == ".mermaid") return "mermaid";
  return failure("cli.output", "has an ending that says no format", options.output,
                 "end it in .svg, .dot, .gv or .mmd, or say --format mermaid, dot or svg");
}

int draw(const Context& context, const GraphOptions& options) {
  const auto format = format_of(options);
  if (!format) return report(format.error());
  const auto source = read_text(options.file);
  if (!source) return report(source.error());
  const auto result = load_definition(context, options.file, *source, {});
  if (!result.ok()) {
    for (const auto& diagnostic : result.diagnostics) {
      std::cerr << definition::to_text(options.file, diagnostic) << '\n';
    }
    return kNotCompleted;
  }
  const auto graph = graph::make_graph(*result.definition);
  const std::string text = *format == "svg"   ? graph::to_svg(graph)
                           : *format == "dot" ? graph::to_dot(graph)
                                              : graph::to_mermaid(graph);
  if (options.output.empty() || options.output == "-") {
    std::cout << text;
    return kDone;
  }
  if (auto written = write_text(options.output, text); !written) return report(written.error());
  return kDone;
}

}  // namespace

void add_graph(CLI::App& app, Context& context) {
  auto options = std::make_shared<GraphOptions>();
  auto* command = app.add_subcommand("graph", "Draw a workflow file; needs no server");
  command->add_option("FILE", options->file, "A workflow file, - for standard input")->required();
  command->add_option("--format", options->format, "mermaid (the default), dot or svg")
      ->check(CLI::IsMember({"mermaid", "dot", "svg"}));
  command->add_option("-o,--output", options->output,
                      "Where to write it; .svg, .dot and .mmd choose the format where --format does not");
  command->callback([&context, options] { context.chosen = [&context, options] { return draw(context, *options); }; });
}

}  // namespace skald::cli

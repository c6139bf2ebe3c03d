#include "engine/definition/load.hpp"

#include <utility>

#include "engine/definition/check.hpp"
#include "engine/definition/digest.hpp"
#include "engine/definition/load_context.hpp"
#include "engine/definition/read_document.hpp"
#include "engine/definition/step_lists.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

void index_step(Definition& definition, const Step& step) {
  definition.by_path.emplace(step.path, &step);
  for_each_list(step, [&](ListRole, const std::vector<Step>& list) {
    for (const Step& child : list) index_step(definition, child);
  });
  if (step.compensate) index_step(definition, *step.compensate);
}

}  // namespace

LoadResult load(std::string_view source, const LoadOptions& options) {
  const SourceText text(source.starts_with(kByteOrderMark) ? source.substr(kByteOrderMark.size()) : source);
  YamlTree tree = read_yaml(text);
  LoadContext context{.source = text, .options = options};
  for (const YamlProblem& problem : tree.problems) {
    context.report.add({Severity::kError, problem.rule, problem.mark, problem.pointer, problem.message});
  }
  if (!tree.complete) return {nullptr, context.report.take()};

  link_tree(tree.root);
  auto definition = std::make_shared<Definition>();
  read_document(context, tree.root, *definition);
  for (const Step& step : definition->steps) index_step(*definition, step);
  check(context, tree.root, *definition);
  apply_silences(context);
  if (context.report.has_errors()) return {nullptr, context.report.take()};

  definition->source = source;
  definition->digest = sha256_hex(source);
  return {std::move(definition), context.report.take()};
}

}  // namespace skald::definition

#include "engine/definition/load.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/invariant.hpp"
#include "engine/definition/check.hpp"
#include "engine/definition/digest.hpp"
#include "engine/definition/load_context.hpp"
#include "engine/definition/read_document.hpp"
#include "engine/definition/rules.hpp"
#include "engine/definition/source_text.hpp"
#include "engine/definition/step_lists.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {
namespace {

void index_step(Definition& definition, const Step& step) {
  definition.by_path.emplace(step.path, &step);
  for_each_list(step, [&](ListRole, const std::vector<Step>& list) {
    for (const Step& child : list) index_step(definition, child);
  });
  if (step.compensate) index_step(definition, *step.compensate);
}

// What is said is by a rule of the table, so that it has a section on a page and, where it is a warning, can be
// silenced.
std::vector<Diagnostic> take_all(LoadContext& context) {
  auto diagnostics = context.report.take();
  for (const Diagnostic& diagnostic : diagnostics) {
    const Rule* rule = find_rule(diagnostic.rule);
    SKALD_INVARIANT(rule != nullptr && rule->severity == diagnostic.severity);
  }
  return diagnostics;
}

}  // namespace

LoadResult load(std::string_view source, const LoadOptions& options) {
  const SourceText text(source.starts_with(kByteOrderMark) ? source.substr(kByteOrderMark.size()) : source);
  YamlTree tree = read_yaml(text);
  LoadContext context{.source = text, .options = options};
  for (const YamlProblem& problem : tree.problems) {
    context.report.add({Severity::kError, problem.rule, problem.mark, problem.pointer, problem.message});
  }
  if (!tree.complete) return {nullptr, take_all(context)};

  link_tree(tree.root);
  auto definition = std::make_shared<Definition>();
  read_document(context, tree.root, *definition);
  for (const Step& step : definition->steps) index_step(*definition, step);
  check(context, tree.root, *definition);
  apply_silences(context);
  if (context.report.has_errors()) {
    std::vector<WantedDocument> missing;
    for (const auto& [uri, authentication] : context.missing_documents) {
      missing.push_back({.uri = uri, .authentication = authentication, .trusted = options.trusted});
    }
    return {nullptr, take_all(context), std::move(missing)};
  }

  definition->uses_callbacks = context.uses_callbacks;
  if (context.uses_document) definition->written = Payload::from_json(to_json(tree.root));
  definition->source = source;
  for (const auto& [uri, document] : context.documents) definition->documents[uri] = *options.documents.at(uri);
  definition->digest = digest_of(source, definition->documents);
  return {std::move(definition), take_all(context)};
}

}  // namespace skald::definition

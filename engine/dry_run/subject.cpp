#include "engine/dry_run/subject.hpp"

#include "engine/definition/accepted_effects.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/definition/yaml_tree.hpp"
#include "engine/dry_run/sample.hpp"
#include "engine/dry_run/shape_flow.hpp"

namespace skald::dry_run {
namespace {

using definition::AdapterCall;
using definition::CallStep;
using definition::Definition;

// input.schema.document as it was written; the compiled one has no examples and no defaults. Null: there is none.
Json schema_document(const Definition& definition) {
  const definition::SourceText source(definition.source);
  const auto tree = definition::read_yaml(source);
  const definition::Node* at = tree.complete ? &tree.root : nullptr;
  for (const char* key : {"input", "schema", "document"}) at = at != nullptr ? at->find(key) : nullptr;
  return at != nullptr ? definition::to_json(*at) : Json();
}

Json make_input(const Definition& definition, const Shape& shape) {
  const Json schema = schema_document(definition);
  if (!schema.is_null()) return sample_of(schema, shape, "input");
  return shape.is_open() ? Json::object() : shape.sample("input");
}

std::string violations_of(const Definition& definition, const Payload& input) {
  std::string text;
  if (!definition.data.input_schema) return text;
  for (const auto& violation : definition.data.input_schema->validate(input.json())) {
    if (!text.empty()) text += "; ";
    text += (violation.pointer.empty() ? "" : violation.pointer + " ") + violation.message;
  }
  return text;
}

// Every operation that is called, as a POST without path parameters.
definition::OperationCatalog assumed_operations(const Definition& definition) {
  definition::OperationCatalog catalog;
  for (const auto& [path, step] : definition.by_path) {
    const auto* call = std::get_if<CallStep>(&step->kind);
    const auto* target = call != nullptr ? std::get_if<AdapterCall>(&call->target) : nullptr;
    if (target == nullptr) continue;
    catalog.adapters[target->adapter][target->operation] = {.method = "POST", .path = "/" + target->operation};
  }
  return catalog;
}

// For the calls whose answers are not given and are looked at.
void choose_outputs(const Shapes& shapes, Subject& subject) {
  const auto answer = [&](const std::string& path, const Payload& output) {
    if (!subject.outputs.try_emplace(path, std::vector{output}).second) return;
    subject.assumptions.push_back(fmt::format("{} answers {}", path, output.text()));
  };
  for (const auto& [path, shape] : shapes.outputs) {
    if (shape.is_open()) continue;
    const Payload output = Payload::from_json(shape.sample("output"));
    answer(path, output);
    for (const auto& [other, first] : shapes.same_as) {
      if (first == path) answer(other, output);
    }
  }
}

Result<Payload> choose_input(const Definition& definition, const Given& given, const Shape& shape,
                             std::vector<std::string>& assumptions) {
  const bool is_given = given.input.has_value();
  Payload input = is_given ? *given.input : Payload::from_json(make_input(definition, shape));
  const std::string violations = violations_of(definition, input);
  if (!violations.empty()) {
    return failure("simulate.input",
                   is_given ? "the input does not fit the workflow's input.schema"
                            : "no input could be made that fits the workflow's input.schema",
                   {}, "give one that does with --input FILE", violations);
  }
  if (!is_given) assumptions.push_back("input " + dump_json(input.json()));
  return input;
}

}  // namespace

std::string name_of(const Subject& subject) {
  const auto& definition = *subject.definition;
  return fmt::format("{}/{} {}", definition.namespace_name, definition.name, definition.version);
}

Result<Subject> make_subject(definition::DefinitionPtr definition, Given given) {
  Subject subject{
      .definition = definition, .operations = {}, .input = {}, .outputs = {}, .assumptions = {}, .accepted = {}};
  subject.accepted = definition::accepted_effects(*definition);
  const Shapes shapes = read_shapes(*definition);
  auto input = choose_input(*definition, given, shapes.input, subject.assumptions);
  if (!input) return std::unexpected(std::move(input.error()));
  subject.input = std::move(*input);
  subject.outputs = std::move(given.outputs);
  choose_outputs(shapes, subject);
  if (given.operations) {
    subject.operations = std::move(*given.operations);
  } else {
    subject.operations = assumed_operations(*definition);
    if (!subject.operations.adapters.empty()) {
      subject.assumptions.emplace_back(
          "every operation is a POST, which changes something (--adapters FILE knows them)");
    }
  }
  return subject;
}

}  // namespace skald::dry_run

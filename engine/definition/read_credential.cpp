#include "engine/definition/read_credential.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/definition/read_values.hpp"
#include "engine/definition/secret_reference.hpp"

namespace skald::definition {
namespace {

CredentialText read_expression_text(LoadContext& context, const Node& node, const Scope& scope) {
  std::string_view source;
  expression::is_wrapped_expression(node.text, &source);
  if (auto reference = parse_secret_reference(source)) {
    if (!is_declared_secret(context, node, reference->name)) return {};
    return std::move(*reference);
  }
  auto compiled = read_expression(context, node, scope, Slot::kArguments);
  if (!compiled) return {};
  const auto& variables = compiled->variables();
  const bool reads_secrets =
      std::any_of(variables.begin(), variables.end(), [](const auto& use) { return use.name == "secrets"; });
  if (!reads_secrets) return std::move(*compiled);
  context.sites.pop_back();
  context.report.error(
      "bad-secret", node,
      "must be a secret and nothing else: ${ $secrets.name }, ${ $secrets[\"a-name\"] } or, of a secret "
      "that is a JSON object, ${ $secrets.name.field }");
  return {};
}

}  // namespace

bool is_declared_secret(LoadContext& context, const Node& node, const std::string& name) {
  if (std::find(context.secrets.begin(), context.secrets.end(), name) != context.secrets.end()) return true;
  context.report.error("unknown-secret", node,
                       fmt::format("reads the secret '{}', which is not in use.secrets{}", name,
                                   context.report.hint(name, context.secrets)));
  return false;
}

std::optional<std::string> read_secret_name(LoadContext& context, MapReader& map) {
  const Node* use = map.take("use");
  if (use == nullptr) return std::nullopt;
  auto name = read_text(context, *use);
  if (!name || !is_declared_secret(context, *use, *name)) return "";
  return name;
}

CredentialText read_credential(LoadContext& context, const Node* node, const Scope& scope, Literal literal) {
  if (node == nullptr) return {};
  if (!node->is_string()) {
    context.report.error("wrong-type", *node, "must be text, quoted where YAML reads something else, or an expression");
    return {};
  }
  if (expression::is_wrapped_expression(node->text)) return read_expression_text(context, *node, scope);
  if (node->text.find("${") != std::string::npos) {
    context.report.error("bad-secret", *node, "must be text or one expression '${ }', not both");
    return {};
  }
  if (literal == Literal::kIsACredential) {
    context.report.warning("literal-secret", *node,
                           "holds a credential in the document, which is stored; put it into a secret and write "
                           "${ $secrets.name }");
  }
  return node->text;
}

}  // namespace skald::definition

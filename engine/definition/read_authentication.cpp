#include "engine/definition/read_authentication.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/definition/read_values.hpp"
#include "engine/definition/secret_reference.hpp"

namespace skald::definition {
namespace {

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

// Whether `use.secrets` has the name; reported where it does not.
bool is_declared(LoadContext& context, const Node& node, const std::string& name) {
  if (std::find(context.secrets.begin(), context.secrets.end(), name) != context.secrets.end()) return true;
  context.report.error("unknown-secret", node,
                       fmt::format("reads the secret '{}', which is not in use.secrets{}", name,
                                   context.report.hint(name, context.secrets)));
  return false;
}

CredentialText read_expression_text(LoadContext& context, const Node& node, const Scope& scope) {
  std::string_view source;
  expression::is_wrapped_expression(node.text, &source);
  if (auto reference = parse_secret_reference(source)) {
    if (!is_declared(context, node, reference->name)) return {};
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

enum class Literal { kIsFine, kIsACredential };

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

// {use: name}: the values are fields of one secret.
std::optional<std::string> read_secret_name(LoadContext& context, MapReader& map) {
  const Node* use = map.take("use");
  if (use == nullptr) return std::nullopt;
  const auto name = read_text(context, *use);
  if (!name || !is_declared(context, *use, *name)) return "";
  return name;
}

BearerAuthentication read_bearer(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  BearerAuthentication bearer;
  if (const auto secret = read_secret_name(context, map)) {
    bearer.token = SecretReference{*secret, "token"};
  } else {
    bearer.token = read_credential(context, map.require("token"), scope, Literal::kIsACredential);
  }
  map.finish();
  return bearer;
}

BasicAuthentication read_basic(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  BasicAuthentication basic;
  if (const auto secret = read_secret_name(context, map)) {
    basic = {SecretReference{*secret, "username"}, SecretReference{*secret, "password"}};
  } else {
    basic.username = read_credential(context, map.require("username"), scope, Literal::kIsFine);
    basic.password = read_credential(context, map.require("password"), scope, Literal::kIsACredential);
  }
  map.finish();
  return basic;
}

AuthenticationPtr read_scheme(LoadContext& context, const Node& node, MapReader& map, const Scope& scope) {
  const Node* basic = map.take("basic");
  const Node* bearer = map.take("bearer");
  for (const std::string_view later : {"digest", "oauth2", "oidc"}) map.refuse_for_now(later);
  map.refuse_for_good("certificate", "the specification does not say what is in it");
  map.finish();
  const bool has_others_alone = basic == nullptr && bearer == nullptr && !node.keys.empty();  // reported above
  if (!node.is_map() || has_others_alone) return nullptr;
  if ((basic != nullptr) == (bearer != nullptr)) {
    context.report.error("bad-authentication", node, "must have exactly one of the keys basic, bearer");
    return nullptr;
  }
  if (basic != nullptr) return std::make_shared<const Authentication>(read_basic(context, *basic, scope));
  return std::make_shared<const Authentication>(read_bearer(context, *bearer, scope));
}

void read_secret(LoadContext& context, const Node& node) {
  const auto name = read_text(context, node);
  if (!name) return;
  const auto& allowed = context.options.allowed_secrets;
  if (!is_secret_name(*name)) {
    return context.report.error("bad-secret", node,
                                fmt::format("must be a name of at most 128 letters, digits, '.', '_' and '-', not "
                                            "beginning with '.' (got {})",
                                            show(node)));
  }
  if (std::find(context.secrets.begin(), context.secrets.end(), *name) != context.secrets.end()) {
    return context.report.error("duplicate-value", node, fmt::format("names '{}' a second time", *name));
  }
  context.secrets.push_back(*name);
  if (context.options.trusted || std::find(allowed.begin(), allowed.end(), *name) != allowed.end()) return;
  context.report.error("bad-secret", node,
                       fmt::format("is '{}', which is not among http.allowedSecrets of this server: an uploaded "
                                   "definition may use no other secret",
                                   *name));
}

}  // namespace

void read_use_of_secrets(LoadContext& context, MapReader& use) {
  const Node* secrets = use.take("secrets");
  if (secrets != nullptr && !secrets->is_sequence()) {
    context.report.error("wrong-type", *secrets, fmt::format("must be a list of names (got {})", show(*secrets)));
  } else if (secrets != nullptr) {
    for (const Node& item : secrets->items) read_secret(context, item);
  }
  const Node* named = use.take("authentications");
  if (named == nullptr) return;
  if (!named->is_map()) {
    return context.report.error("wrong-type", *named, fmt::format("must be a map (got {})", show(*named)));
  }
  for (std::size_t i = 0; i < named->items.size(); ++i) {
    MapReader map(context, named->items[i]);
    context.authentications.emplace(named->keys[i], read_scheme(context, named->items[i], map, {}));
  }
}

AuthenticationPtr read_authentication(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  const Node* use = map.take("use");
  if (use == nullptr) return read_scheme(context, node, map, scope);
  map.finish();
  const auto name = read_text(context, *use);
  if (!name) return nullptr;
  const auto found = context.authentications.find(*name);
  if (found != context.authentications.end()) return found->second;
  context.report.error("unknown-authentication", *use,
                       fmt::format("names '{}', which is not in use.authentications{}", *name,
                                   context.report.hint(*name, keys_of(context.authentications))));
  return nullptr;
}

}  // namespace skald::definition

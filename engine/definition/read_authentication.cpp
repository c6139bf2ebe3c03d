#include "engine/definition/read_authentication.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "engine/definition/read_credential.hpp"
#include "engine/definition/read_oauth2.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/secret_reference.hpp"

namespace skald::definition {
namespace {

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

template <class Scheme>
Scheme read_user(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  Scheme basic;
  if (const auto secret = read_secret_name(context, map)) {
    basic = Scheme{SecretReference{*secret, "username"}, SecretReference{*secret, "password"}};
  } else {
    basic.username = read_credential(context, map.require("username"), scope, Literal::kIsFine);
    basic.password = read_credential(context, map.require("password"), scope, Literal::kIsACredential);
  }
  map.finish();
  return basic;
}

constexpr std::array<std::string_view, 5> kSchemes = {"basic", "bearer", "digest", "oauth2", "oidc"};

Authentication read_as(LoadContext& context, std::string_view scheme, const Node& node, const Scope& scope) {
  if (scheme == "basic") return read_user<BasicAuthentication>(context, node, scope);
  if (scheme == "digest") return read_user<DigestAuthentication>(context, node, scope);
  if (scheme == "oauth2") return read_oauth2(context, node, scope);
  if (scheme == "oidc") return read_oidc(context, node, scope);
  return read_bearer(context, node, scope);
}

AuthenticationPtr read_scheme(LoadContext& context, const Node& node, MapReader& map, const Scope& scope) {
  std::vector<std::string_view> found;
  for (const std::string_view scheme : kSchemes) {
    if (map.take(scheme) != nullptr) found.push_back(scheme);
  }
  map.refuse_for_good("certificate", "the specification does not say what is in it");
  map.finish();
  const bool has_others_alone = found.empty() && !node.keys.empty();  // reported above
  if (!node.is_map() || has_others_alone) return nullptr;
  if (found.size() != 1) {
    context.report.error("bad-authentication", node,
                         fmt::format("must have exactly one of the keys {}", fmt::join(kSchemes, ", ")));
    return nullptr;
  }
  return std::make_shared<const Authentication>(read_as(context, found[0], *node.find(found[0]), scope));
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

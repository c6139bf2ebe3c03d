#include "engine/definition/read_oauth2.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/request_target.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_credential.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/endpoint.hpp"

namespace skald::definition {
namespace {

using Grant = OAuth2Authentication::Grant;
using Proof = OAuth2Authentication::Proof;

constexpr std::string_view kDefaultTokenPath = "/oauth2/token";
constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";

// Literal: data must not say who gets a credential.
std::string read_authority(LoadContext& context, const Node* node) {
  if (node == nullptr) return {};
  const auto text = read_text(context, *node);
  if (!text) return {};
  if (text->find_first_of("{}") != std::string::npos) {
    context.report.error("bad-authentication", *node, "must be a literal URI: data must not say who gets a credential");
    return {};
  }
  if (!check_address(context, *node, *text)) return {};
  if (text->find('?') != std::string::npos) {
    context.report.error("bad-endpoint", *node, "must not have a query: a path is put behind it");
    return {};
  }
  if (text->starts_with("http://")) {
    context.report.warning("unencrypted-authority", *node,
                           "is not encrypted: the client's credentials and its tokens can be read on the way; use "
                           "https://");
  }
  return text->ends_with('/') ? text->substr(0, text->size() - 1) : *text;
}

// The authority and the path behind it have to be one that can be sent.
void check_joined(LoadContext& context, const Node* authority, const std::string& address) {
  constexpr std::size_t kShownMax = 200;
  const auto host = address.find("://");
  if (authority == nullptr || host == std::string::npos) return;
  const auto path = address.find('/', host + 3);
  if (path != std::string::npos && is_target(std::string_view(address).substr(path))) return;
  context.report.error("bad-endpoint", *authority,
                       fmt::format("gives the address '{}', which cannot be sent: a path must be percent-encoded, have "
                                   "no '.' or '..' segment and at most 8 KiB",
                                   address.substr(0, kShownMax)));
}

std::string read_token_path(LoadContext& context, const Node* node) {
  if (node == nullptr) return std::string(kDefaultTokenPath);
  MapReader map(context, *node);
  const Node* token = map.take("token");
  for (const auto* unused : {"revocation", "introspection"}) {
    map.refuse_for_good(unused, "tokens are neither revoked nor looked into");
  }
  map.finish();
  if (token == nullptr) return std::string(kDefaultTokenPath);
  const auto path = read_text(context, *token);
  if (path && (!path->starts_with('/') || path->find_first_of(" {}#\"\\") != std::string::npos)) {
    context.report.error(
        "bad-endpoint", *token,
        fmt::format("must be a literal path below the authority, beginning with '/' (got {})", show(*token)));
  }
  return path.value_or(std::string(kDefaultTokenPath));
}

void read_grant(LoadContext& context, const Node* node, OAuth2Authentication& policy) {
  if (node == nullptr) return;
  if (node->is_string() && node->text == "authorization_code") {
    return context.report.error("not-supported", *node,
                                "is 'authorization_code', which is not supported: it needs a person at a browser");
  }
  const auto choice = read_choice(
      context, *node,
      {"client_credentials", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"});
  if (choice) policy.grant = static_cast<Grant>(*choice);
}

void read_client(LoadContext& context, const Node* node, const Scope& scope, OAuth2Authentication& policy) {
  if (node == nullptr) return;
  MapReader map(context, *node);
  if (const Node* proof = map.take("authentication")) {
    const auto choice = read_choice(
        context, *proof, {"client_secret_post", "client_secret_basic", "none", "client_secret_jwt", "private_key_jwt"});
    if (choice) policy.proof = static_cast<Proof>(*choice);
  }
  policy.client_id = read_credential(context, map.require("id"), scope, Literal::kIsFine);
  const Node* secret = policy.has_secret() ? map.require("secret") : map.take("secret");
  policy.client_secret = read_credential(context, secret, scope, Literal::kIsACredential);
  const bool is_given = policy.proof == Proof::kPrivateKeyJwt;
  const Node* assertion = is_given ? map.require("assertion") : map.take("assertion");
  if (assertion != nullptr && !is_given) {
    context.report.error("misplaced-key", *assertion, "stands beside 'authentication: private_key_jwt' only");
  }
  policy.client_assertion = read_credential(context, assertion, scope, Literal::kIsACredential);
  map.finish();
}

void read_encoding(LoadContext& context, const Node* node, OAuth2Authentication& policy) {
  if (node == nullptr) return;
  MapReader map(context, *node);
  if (const Node* encoding = map.take("encoding")) {
    const auto choice = read_choice(context, *encoding, {"application/x-www-form-urlencoded", "application/json"});
    policy.as_json = choice == 1;
  }
  map.finish();
}

std::vector<std::string> read_words(LoadContext& context, const Node* node) {
  std::vector<std::string> words;
  if (node == nullptr) return words;
  if (!node->is_sequence()) {
    context.report.error("wrong-type", *node, fmt::format("must be a list of texts (got {})", show(*node)));
    return words;
  }
  for (const Node& item : node->items) {
    if (auto word = read_text(context, item)) words.push_back(std::move(*word));
  }
  return words;
}

struct Token {
  CredentialText token;
  std::string type;
};

// {token, type}. `node` may be null.
Token read_token(LoadContext& context, const Node* node, const Scope& scope, Grant grant) {
  Token read;
  if (node == nullptr) return read;
  MapReader map(context, *node);
  read.token = read_credential(context, map.require("token"), scope, Literal::kIsACredential);
  const Node* type = grant == Grant::kTokenExchange ? map.require("type") : map.take("type");
  if (type != nullptr) read.type = read_text(context, *type).value_or("");
  if (type != nullptr && type->is_string() && read.type.empty()) {
    context.report.error("wrong-type", *type,
                         "must say what the token is, such as 'urn:ietf:params:oauth:token-type:access_token'");
  }
  map.finish();
  return read;
}

// The values that a grant needs, and that no other may have.
void read_values_of_grant(LoadContext& context, MapReader& map, const Scope& scope, OAuth2Authentication& policy) {
  const auto take = [&](std::string_view key, bool is_its_own) {
    const Node* node = is_its_own ? map.require(key) : map.take(key);
    if (node == nullptr || is_its_own) return node;
    context.report.error("misplaced-key", *node, "has no effect with this grant");
    return static_cast<const Node*>(nullptr);
  };
  const bool has_user = policy.grant == Grant::kPassword;
  policy.username = read_credential(context, take("username", has_user), scope, Literal::kIsFine);
  policy.password = read_credential(context, take("password", has_user), scope, Literal::kIsACredential);
  auto subject = read_token(context, take("subject", policy.has_subject()), scope, policy.grant);
  policy.subject_token = std::move(subject.token);
  policy.subject_type = std::move(subject.type);
  const bool has_actor = policy.grant == Grant::kTokenExchange && map.node().find("actor") != nullptr;
  auto actor = read_token(context, take("actor", has_actor), scope, policy.grant);
  policy.actor_token = std::move(actor.token);
  policy.actor_type = std::move(actor.type);
}

OAuth2Authentication read_policy(LoadContext& context, MapReader& map, const Scope& scope) {
  OAuth2Authentication policy;
  read_grant(context, map.require("grant"), policy);
  read_client(context, map.require("client"), scope, policy);
  read_encoding(context, map.take("request"), policy);
  read_values_of_grant(context, map, scope, policy);
  policy.scopes = read_words(context, map.take("scopes"));
  policy.audiences = read_words(context, map.take("audiences"));
  policy.issuers = read_words(context, map.take("issuers"));
  return policy;
}

OAuth2Authentication read_oauth2_values(LoadContext& context, MapReader& map, const Scope& scope) {
  OAuth2Authentication policy = read_policy(context, map, scope);
  const Node* authority = map.require("authority");
  const std::string base = read_authority(context, authority);
  policy.address = base + read_token_path(context, map.take("endpoints"));
  check_joined(context, authority, policy.address);
  map.finish();
  return policy;
}

OAuth2Authentication read_oidc_values(LoadContext& context, MapReader& map, const Scope& scope) {
  OAuth2Authentication policy = read_policy(context, map, scope);
  policy.discovers = true;
  const Node* authority = map.require("authority");
  policy.address = read_authority(context, authority);
  if (!policy.address.ends_with(kDiscoveryPath)) policy.address += kDiscoveryPath;
  check_joined(context, authority, policy.address);
  map.finish();
  return policy;
}

// What is read is a secret: of a problem its place is told and, where no value can be in it, what it is.
Error useless(const OAuth2Secret& secret, const Diagnostic& problem) {
  const bool is_about_keys = problem.rule == "missing-key";
  return {.code = "secret.refused",
          .message =
              fmt::format("secret '{}' holds no configuration of {} that can be used: {}", secret.name,
                          secret.is_oidc ? "oidc" : "oauth2",
                          is_about_keys ? problem.message : fmt::format("{} at '{}'", problem.rule, problem.pointer))};
}

}  // namespace

Authentication read_oauth2(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  if (const auto secret = read_secret_name(context, map)) {
    map.finish();
    return OAuth2Secret{.name = *secret, .is_oidc = false};
  }
  return read_oauth2_values(context, map, scope);
}

Authentication read_oidc(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  if (const auto secret = read_secret_name(context, map)) {
    map.finish();
    return OAuth2Secret{.name = *secret, .is_oidc = true};
  }
  return read_oidc_values(context, map, scope);
}

Result<OAuth2Authentication> read_oauth2_secret(const OAuth2Secret& secret, std::string_view value) {
  const auto json = parse_json(value);
  if (!json || !json->is_object()) {
    return failure("secret.refused", fmt::format("secret '{}' is no JSON object", secret.name));
  }
  const std::string text = dump_json(*json);  // which is YAML
  const SourceText source(text);
  YamlTree tree = read_yaml(source);
  link_tree(tree.root);
  const LoadOptions options;
  LoadContext context{.source = source, .options = options};
  MapReader map(context, tree.root);
  auto policy = secret.is_oidc ? read_oidc_values(context, map, {}) : read_oauth2_values(context, map, {});
  bool is_constant = tree.complete;
  for_each_text(policy, [&](std::string_view, const CredentialText& credential) {
    is_constant = is_constant && std::holds_alternative<std::string>(credential);
  });
  for (const Diagnostic& problem : context.report.take()) {
    if (problem.severity == Severity::kError) return std::unexpected(useless(secret, problem));
  }
  if (is_constant) return policy;
  return failure("secret.refused", fmt::format("secret '{}' must hold text, and no expressions", secret.name));
}

}  // namespace skald::definition

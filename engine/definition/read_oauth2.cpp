#include "engine/definition/read_oauth2.hpp"

#include <fmt/format.h>

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
  if (node->is_string() && node->text == "urn:ietf:params:oauth:grant-type:token-exchange") {
    return report_not_yet(context, *node);
  }
  const auto choice = read_choice(context, *node, {"client_credentials", "password", "refresh_token"});
  if (choice) policy.grant = static_cast<Grant>(*choice);
}

void read_proof(LoadContext& context, const Node* node, OAuth2Authentication& policy) {
  if (node == nullptr) return;
  if (node->is_string() && (node->text == "client_secret_jwt" || node->text == "private_key_jwt")) {
    return report_not_yet(context, *node);
  }
  const auto choice = read_choice(context, *node, {"client_secret_post", "client_secret_basic", "none"});
  if (choice) policy.proof = static_cast<Proof>(*choice);
}

void read_client(LoadContext& context, const Node* node, const Scope& scope, OAuth2Authentication& policy) {
  if (node == nullptr) return;
  MapReader map(context, *node);
  read_proof(context, map.take("authentication"), policy);
  policy.client_id = read_credential(context, map.require("id"), scope, Literal::kIsFine);
  const bool proves = policy.proof != Proof::kNone;
  const Node* secret = proves ? map.require("secret") : map.take("secret");
  policy.client_secret = read_credential(context, secret, scope, Literal::kIsACredential);
  map.refuse_for_now("assertion");
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

// The values that a grant needs, and that no other may have.
void read_values_of_grant(LoadContext& context, MapReader& map, const Scope& scope, OAuth2Authentication& policy) {
  const auto take = [&](std::string_view key, Grant grant) {
    const Node* node = policy.grant == grant ? map.require(key) : map.take(key);
    if (node == nullptr || policy.grant == grant) return node;
    context.report.error("misplaced-key", *node, "has no effect with this grant");
    return static_cast<const Node*>(nullptr);
  };
  policy.username = read_credential(context, take("username", Grant::kPassword), scope, Literal::kIsFine);
  policy.password = read_credential(context, take("password", Grant::kPassword), scope, Literal::kIsACredential);
  if (const Node* subject = take("subject", Grant::kRefreshToken)) {
    MapReader fields(context, *subject);
    policy.refresh_token = read_credential(context, fields.require("token"), scope, Literal::kIsACredential);
    if (const Node* type = fields.take("type")) read_text(context, *type);
    fields.finish();
  }
}

OAuth2Authentication read_policy(LoadContext& context, MapReader& map, const Scope& scope) {
  OAuth2Authentication policy;
  read_grant(context, map.require("grant"), policy);
  read_client(context, map.require("client"), scope, policy);
  read_encoding(context, map.take("request"), policy);
  read_values_of_grant(context, map, scope, policy);
  policy.scopes = read_words(context, map.take("scopes"));
  policy.audiences = read_words(context, map.take("audiences"));
  for (const auto* later : {"issuers", "actor"}) map.refuse_for_now(later);
  return policy;
}

}  // namespace

OAuth2Authentication read_oauth2(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  if (map.refuse_for_now("use")) return {};
  OAuth2Authentication policy = read_policy(context, map, scope);
  const Node* authority = map.require("authority");
  const std::string base = read_authority(context, authority);
  policy.address = base + read_token_path(context, map.take("endpoints"));
  check_joined(context, authority, policy.address);
  map.finish();
  return policy;
}

OAuth2Authentication read_oidc(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  if (map.refuse_for_now("use")) return {};
  OAuth2Authentication policy = read_policy(context, map, scope);
  policy.discovers = true;
  const Node* authority = map.require("authority");
  policy.address = read_authority(context, authority);
  if (!policy.address.ends_with(kDiscoveryPath)) policy.address += kDiscoveryPath;
  check_joined(context, authority, policy.address);
  map.finish();
  return policy;
}

}  // namespace skald::definition

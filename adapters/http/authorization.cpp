#include "adapters/http/authorization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "adapters/base64.hpp"
#include "engine/definition/read_oauth2.hpp"

namespace skald::adapters {
namespace {

using definition::CredentialText;
using definition::SecretReference;

Secret bearer_header(const Secret& token) {
  return Secret("Bearer " + token.reveal());
}

Secret basic_header(const Secret& username, const Secret& password) {
  return Secret("Basic " + base64(username.reveal() + ":" + password.reveal()));
}

Result<Secret> field_of(const SecretReference& reference, const Secret& value) {
  const auto object = parse_json(value.reveal());
  const auto field = object && object->is_object() ? object->find(reference.field) : Json::const_iterator();
  if (!object || !object->is_object() || field == object->end() || !field->is_string()) {
    return failure("secret.refused",
                   fmt::format("secret '{}' is no JSON object with a text '{}'", reference.name, reference.field));
  }
  return Secret(field->get<std::string>());
}

Result<Secret> look_up(const SecretReference& reference, const SecretsOfSteps& known) {
  if (known.allowed && std::ranges::find(*known.allowed, reference.name) == known.allowed->end()) {
    return failure("secret.forbidden",
                   fmt::format("secret '{}' is not among http.allowedSecrets of this server", reference.name));
  }
  const auto found = known.secrets.find(reference.name);
  if (found == known.secrets.end()) {
    return failure("secret.unknown", fmt::format("secret '{}' is not set", reference.name), {},
                   "put it into the secrets directory or the environment");
  }
  return reference.field.empty() ? Result<Secret>(found->second) : field_of(reference, found->second);
}

Result<Secret> resolve(std::string_view name, const CredentialText& text, const SecretsOfSteps& known) {
  if (const auto* literal = std::get_if<std::string>(&text)) return Secret(*literal);
  if (const auto* reference = std::get_if<SecretReference>(&text)) return look_up(*reference, known);
  return failure("secret.refused",
                 fmt::format("the authentication's {} has no value: its expression gave no text", name));
}

Result<std::optional<Secret>> header_of(const definition::BearerAuthentication& bearer, const SecretsOfSteps& known) {
  const auto token = resolve("token", bearer.token, known);
  if (!token) return std::unexpected(token.error());
  if (token->reveal().empty()) return failure("secret.refused", "the authentication's token is empty");
  return bearer_header(*token);
}

template <class Scheme>
Result<UserAndPassword> resolve_user(const Scheme& scheme, const SecretsOfSteps& known) {
  auto username = resolve("username", scheme.username, known);
  if (!username) return std::unexpected(std::move(username.error()));
  auto password = resolve("password", scheme.password, known);
  if (!password) return std::unexpected(std::move(password.error()));
  if (username->reveal().find(':') != std::string::npos) {
    return failure("secret.refused",
                   "the authentication's username has a ':', which ends a username (RFC 7617, RFC 7616)");
  }
  return UserAndPassword{std::move(*username), std::move(*password)};
}

Result<TokenPolicy> token_policy_of(const definition::OAuth2Authentication& policy, const SecretsOfSteps& known) {
  TokenPolicy made{.grant = policy.grant,
                   .proof = policy.proof,
                   .discovers = policy.discovers,
                   .as_json = policy.as_json,
                   .address = policy.address,
                   .subject_type = policy.subject_type,
                   .actor_type = policy.actor_type,
                   .scopes = policy.scopes,
                   .audiences = policy.audiences,
                   .issuers = policy.issuers};
  const std::map<std::string_view, Secret*> places = {{"client.id", &made.client_id},
                                                      {"client.secret", &made.client_secret},
                                                      {"username", &made.username},
                                                      {"password", &made.password},
                                                      {"client.assertion", &made.client_assertion},
                                                      {"subject.token", &made.subject_token},
                                                      {"actor.token", &made.actor_token}};
  std::optional<Error> problem;
  definition::OAuth2Authentication texts = policy;
  definition::for_each_text(texts, [&](std::string_view name, const CredentialText& text) {
    auto value = resolve(name, text, known);
    if (value) {
      *places.at(name) = std::move(*value);
    } else if (!problem) {
      problem = std::move(value.error());
    }
  });
  if (problem) return std::unexpected(std::move(*problem));
  return made;
}

}  // namespace

Result<std::optional<Secret>> authorization_of(const Authentication& authentication, const Secrets& secrets) {
  if (const auto* bearer = std::get_if<BearerAuthentication>(&authentication)) {
    auto token = bearer->token.resolve(secrets);
    if (!token) return std::unexpected(std::move(token.error()));
    return bearer_header(*token);
  }
  if (const auto* basic = std::get_if<BasicAuthentication>(&authentication)) {
    auto username = basic->username.resolve(secrets);
    if (!username) return std::unexpected(std::move(username.error()));
    auto password = basic->password.resolve(secrets);
    if (!password) return std::unexpected(std::move(password.error()));
    return basic_header(*username, *password);
  }
  return std::nullopt;
}

Result<std::optional<Secret>> authorization_of(const definition::Authentication& authentication,
                                               const SecretsOfSteps& known) {
  if (const auto* bearer = std::get_if<definition::BearerAuthentication>(&authentication)) {
    return header_of(*bearer, known);
  }
  if (const auto* basic = std::get_if<definition::BasicAuthentication>(&authentication)) {
    const auto user = resolve_user(*basic, known);
    if (!user) return std::unexpected(user.error());
    return basic_header(user->name, user->password);
  }
  if (const auto* digest = std::get_if<definition::DigestAuthentication>(&authentication)) {
    const auto user = user_of(*digest, known);
    if (!user) return std::unexpected(user.error());
  }
  return std::nullopt;
}

Result<HeadersWithSecrets> headers_of(const std::vector<definition::SecretHeader>& headers,
                                      const SecretsOfSteps& known) {
  HeadersWithSecrets made;
  for (const auto& header : headers) {
    std::string value;
    for (const auto& part : header.value) {
      const auto* literal = std::get_if<std::string>(&part);
      const auto secret = literal ? Result<Secret>(Secret(*literal)) : look_up(std::get<SecretReference>(part), known);
      if (!secret) return std::unexpected(secret.error());
      value += secret->reveal();
    }
    made.emplace_back(header.name, Secret(std::move(value)));
  }
  return made;
}

Result<UserAndPassword> user_of(const definition::DigestAuthentication& digest, const SecretsOfSteps& known) {
  return resolve_user(digest, known);
}

bool needs_token(const definition::Authentication& authentication) {
  return std::holds_alternative<definition::OAuth2Authentication>(authentication) ||
         std::holds_alternative<definition::OAuth2Secret>(authentication);
}

Result<TokenPolicy> token_policy_of(const definition::Authentication& authentication, const SecretsOfSteps& known) {
  if (const auto* policy = std::get_if<definition::OAuth2Authentication>(&authentication)) {
    return token_policy_of(*policy, known);
  }
  const auto& secret = std::get<definition::OAuth2Secret>(authentication);
  const auto value = look_up({.name = secret.name, .field = {}}, known);
  if (!value) return std::unexpected(value.error());
  const auto policy = definition::read_oauth2_secret(secret, value->reveal());
  if (!policy) return std::unexpected(policy.error());
  return token_policy_of(*policy, known);
}

}  // namespace skald::adapters

#include "adapters/http/authorization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/base64.hpp"

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
    return failure("secret.refused",
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

Result<Secret> header_of(const definition::BearerAuthentication& bearer, const SecretsOfSteps& known) {
  const auto token = resolve("token", bearer.token, known);
  if (!token) return token;
  if (token->reveal().empty()) return failure("secret.refused", "the authentication's token is empty");
  return bearer_header(*token);
}

Result<Secret> header_of(const definition::BasicAuthentication& basic, const SecretsOfSteps& known) {
  const auto username = resolve("username", basic.username, known);
  if (!username) return username;
  const auto password = resolve("password", basic.password, known);
  if (!password) return password;
  if (username->reveal().find(':') != std::string::npos) {
    return failure("secret.refused", "the authentication's username has a ':', which ends a username (RFC 7617)");
  }
  return basic_header(*username, *password);
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

Result<Secret> authorization_of(const definition::Authentication& authentication, const SecretsOfSteps& known) {
  return std::visit([&](const auto& scheme) { return header_of(scheme, known); }, authentication);
}

}  // namespace skald::adapters

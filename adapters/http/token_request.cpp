#include "adapters/http/token_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/base64.hpp"
#include "adapters/http/jwt.hpp"
#include "engine/definition/digest.hpp"

namespace skald::adapters {
namespace {

using Grant = definition::OAuth2Authentication::Grant;
using Proof = definition::OAuth2Authentication::Proof;
using Fields = std::vector<std::pair<std::string_view, std::string>>;

constexpr std::array<std::string_view, 4> kGrantNames = {"client_credentials", "password", "refresh_token",
                                                         "urn:ietf:params:oauth:grant-type:token-exchange"};
constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::chrono::seconds kAssertionLife{300};
constexpr std::array<std::string_view, 7> kErrorCodes = {
    "invalid_request",        "invalid_client", "invalid_grant",          "unauthorized_client",
    "unsupported_grant_type", "invalid_scope",  "temporarily_unavailable"};
constexpr std::int64_t kSecondsMax = 365LL * 24 * 60 * 60;

// application/x-www-form-urlencoded.
std::string form_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._*").find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// RFC 7523, section 3.
Secret assertion_of(const TokenPolicy& policy, const Url& endpoint, const TokenMoment& moment) {
  if (policy.proof == Proof::kPrivateKeyJwt) return policy.client_assertion;
  const auto now = std::chrono::floor<std::chrono::seconds>(moment.now.time_since_epoch());
  return signed_jwt({{"iss", policy.client_id.reveal()},
                     {"sub", policy.client_id.reveal()},
                     {"aud", fmt::format("http{}://{}{}", endpoint.origin.tls ? "s" : "", authority_of(endpoint.origin),
                                         endpoint.target)},
                     {"jti", moment.id},
                     {"iat", now.count()},
                     {"exp", (now + kAssertionLife).count()}},
                    policy.client_secret);
}

void add_client(Fields& fields, const TokenPolicy& policy, const Url& endpoint, const TokenMoment& moment) {
  if (policy.proof != Proof::kBasic) fields.emplace_back("client_id", policy.client_id.reveal());
  if (policy.proof == Proof::kPost) fields.emplace_back("client_secret", policy.client_secret.reveal());
  if (policy.proof != Proof::kSecretJwt && policy.proof != Proof::kPrivateKeyJwt) return;
  fields.emplace_back("client_assertion_type", kAssertionType);
  fields.emplace_back("client_assertion", assertion_of(policy, endpoint, moment).reveal());
}

Fields fields_of(const TokenPolicy& policy, const Url& endpoint, const TokenMoment& moment) {
  Fields fields = {{"grant_type", std::string(kGrantNames[static_cast<std::size_t>(policy.grant)])}};
  if (policy.grant == Grant::kPassword) {
    fields.emplace_back("username", policy.username.reveal());
    fields.emplace_back("password", policy.password.reveal());
  }
  if (policy.grant == Grant::kRefreshToken) {
    fields.emplace_back("refresh_token", moment.refresh_token.value_or(policy.subject_token).reveal());
  }
  if (policy.grant == Grant::kTokenExchange) {
    fields.emplace_back("subject_token", policy.subject_token.reveal());
    fields.emplace_back("subject_token_type", policy.subject_type);
    if (!policy.actor_type.empty()) {
      fields.emplace_back("actor_token", policy.actor_token.reveal());
      fields.emplace_back("actor_token_type", policy.actor_type);
    }
  }
  add_client(fields, policy, endpoint, moment);
  if (!policy.scopes.empty()) fields.emplace_back("scope", joined(policy.scopes));
  if (!policy.audiences.empty()) fields.emplace_back("audience", joined(policy.audiences));
  return fields;
}

std::string body_of(const Fields& fields, bool as_json) {
  if (as_json) {
    Json object = Json::object();
    for (const auto& [name, value] : fields) object[std::string(name)] = value;
    return dump_json(object);
  }
  std::string body;
  for (const auto& [name, value] : fields) {
    body += fmt::format("{}{}={}", body.empty() ? "" : "&", name, form_encode(value));
  }
  return body;
}

std::string head_of(std::string_view method, const Url& url) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: skald/{}\r\nAccept: application/json\r\nConnection: close\r\n", method,
      url.target, authority_of(url.origin), SKALD_VERSION);
}

Error refused(std::string message, std::string code = "token.refused") {
  return Error{.code = std::move(code), .message = std::move(message)};
}

std::optional<Error> problem_of_issuer(std::string_view token, std::string_view id_token,
                                       const std::vector<std::string>& issuers) {
  if (issuers.empty()) return std::nullopt;
  auto claims = claims_of(token);
  if (!claims) claims = claims_of(id_token);
  if (!claims) return refused("the authority gave a token that does not say whose it is, which 'issuers' asks for");
  const auto issuer = claims->find("iss");
  const bool is_known = issuer != claims->end() && issuer->is_string() &&
                        std::ranges::find(issuers, issuer->get_ref<const std::string&>()) != issuers.end();
  if (is_known) return std::nullopt;
  return refused(fmt::format("the authority gave a token of another issuer than {}", fmt::join(issuers, ", ")));
}

}  // namespace

std::string TokenPolicy::key() const {
  std::string all = fmt::format("{}|{}|{}|{}|", static_cast<int>(grant), static_cast<int>(proof), discovers, as_json);
  const auto add = [&](const std::string& text) { all += fmt::format("{}:", text.size()) + text; };
  for (const auto* text :
       {&address, &client_id.reveal(), &client_secret.reveal(), &username.reveal(), &password.reveal(),
        &client_assertion.reveal(), &subject_token.reveal(), &actor_token.reveal(), &subject_type, &actor_type}) {
    add(*text);
  }
  for (const auto* words : {&scopes, &audiences, &issuers}) {
    all += '|';
    for (const auto& word : *words) add(word);
  }
  return definition::sha256_hex(all);
}

Secret token_request(const TokenPolicy& policy, const Url& endpoint, const TokenMoment& moment) {
  const std::string body = body_of(fields_of(policy, endpoint, moment), policy.as_json);
  std::string text = head_of("POST", endpoint);
  if (policy.proof == Proof::kBasic) {
    const std::string pair = form_encode(policy.client_id.reveal()) + ":" + form_encode(policy.client_secret.reveal());
    text += "Authorization: Basic " + base64(pair) + "\r\n";
  }
  text += fmt::format("Content-Type: application/{}\r\nContent-Length: {}\r\n\r\n",
                      policy.as_json ? "json" : "x-www-form-urlencoded", body.size());
  return Secret(text + body);
}

std::string discovery_request(const Url& address) {
  return head_of("GET", address) + "\r\n";
}

Result<Url> endpoint_of(int status, const std::string& body, std::string_view authority) {
  if (status != 200) {
    return failure("token.discovery",
                   fmt::format("the authority answered {} when asked for its configuration", status));
  }
  const auto configuration = parse_json(body);
  const bool is_object = configuration && configuration->is_object();
  if (!is_object || !configuration->contains("token_endpoint") || !(*configuration)["token_endpoint"].is_string()) {
    return failure("token.discovery", "the authority's configuration names no token_endpoint");
  }
  const auto issuer = configuration->find("issuer");
  std::string named = issuer != configuration->end() && issuer->is_string() ? issuer->get<std::string>() : "";
  if (named.ends_with('/')) named.pop_back();
  if (named != authority) {
    return failure("token.discovery",
                   fmt::format("the authority's configuration is that of another issuer: its 'issuer' must be '{}' "
                               "(OpenID Connect Discovery 1.0, 4.3)",
                               authority));
  }
  auto url = parse_url((*configuration)["token_endpoint"].get<std::string>());
  if (!url || (authority.starts_with("https://") && !url->origin.tls)) {
    return failure("token.discovery", "the authority's configuration names a token_endpoint that cannot be used");
  }
  return std::move(*url);
}

Result<Token> token_of(int status, const std::string& body, const std::vector<std::string>& issuers) {
  const auto answer = parse_json(body);
  const Json object = answer && answer->is_object() ? *answer : Json::object();
  const auto text = [&](const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (status != 200) {
    const std::string code = text("error");
    const bool is_known = std::ranges::find(kErrorCodes, code) != kErrorCodes.end();
    return std::unexpected(refused(fmt::format("the authority answered {} to the request for a token{}", status,
                                               is_known ? " (" + code + ")" : ""),
                                   code == "invalid_grant" ? "token.invalid_grant" : "token.refused"));
  }
  const std::string token = text("access_token");
  std::string type = text("token_type");
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (token.empty() || !is_field_value(token)) {
    return std::unexpected(refused("the authority answered without an access_token that can be sent"));
  }
  if (type != "bearer") return std::unexpected(refused("the authority gave a token that is no bearer token"));
  if (auto problem = problem_of_issuer(token, text("id_token"), issuers)) return std::unexpected(std::move(*problem));
  Token result{.header = Secret("Bearer " + token)};
  if (const auto lasts = object.find("expires_in"); lasts != object.end() && lasts->is_number()) {
    result.expires_in = std::chrono::seconds(
        static_cast<std::int64_t>(std::clamp(lasts->get<double>(), 0.0, static_cast<double>(kSecondsMax))));
  }
  if (auto next = text("refresh_token"); !next.empty()) result.refresh_token = Secret(std::move(next));
  return result;
}

}  // namespace skald::adapters

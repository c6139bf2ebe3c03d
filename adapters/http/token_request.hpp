// What is said to an OAuth 2.0 authority, and what it answers: the request's bytes and the reading of its answers.
// Pure.
//
// Source: RFC 6749 (sections 2.3.1, 4.3, 4.4, 5, 6), RFC 6750, RFC 7523 (section 2.2), RFC 8693, OpenID Connect
// Core 1.0 section 9, OpenID Connect Discovery 1.0 section 4.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/url.hpp"
#include "adapters/secret.hpp"
#include "engine/base/time.hpp"
#include "engine/definition/authentication.hpp"

namespace skald::adapters {

// An OAuth2Authentication with its values.
struct TokenPolicy {
  definition::OAuth2Authentication::Grant grant = definition::OAuth2Authentication::Grant::kClientCredentials;
  definition::OAuth2Authentication::Proof proof = definition::OAuth2Authentication::Proof::kPost;
  bool discovers = false;  // `address` is that of an OpenID configuration, which names the endpoint
  bool as_json = false;
  std::string address;  // else the token endpoint
  Secret client_id;
  Secret client_secret;
  Secret username;
  Secret password;
  Secret client_assertion;
  Secret subject_token;
  Secret actor_token;
  std::string subject_type;
  std::string actor_type;  // empty: there is no actor
  std::vector<std::string> scopes;
  std::vector<std::string> audiences;
  std::vector<std::string> issuers;

  // The same for the same policy with the same values, and telling nothing of them.
  std::string key() const;
};

// What makes a request another one than that before.
struct TokenMoment {
  Timestamp now{};
  std::string id;                       // no other has it
  std::optional<Secret> refresh_token;  // in place of the policy's: authorities may change it with each use
};

Secret token_request(const TokenPolicy& policy, const Url& endpoint, const TokenMoment& moment);

// A GET of the OpenID configuration.
std::string discovery_request(const Url& address);

// The token endpoint that the OpenID configuration of `authority` names. Errors: "token.discovery".
Result<Url> endpoint_of(int status, const std::string& body, std::string_view authority);

struct Token {
  Secret header;  // "Bearer ..."
  std::optional<std::chrono::seconds> expires_in;
  std::optional<Secret> refresh_token;
};

// `issuers`: whose token it must be, as itself says or the id_token beside it; empty: anybody's. Errors:
// "token.refused", "token.invalid_grant" (the refresh token, or the user, is not taken any more); nothing of what the
// authority wrote is in them but an error code of the RFC.
Result<Token> token_of(int status, const std::string& body, const std::vector<std::string>& issuers);

}  // namespace skald::adapters

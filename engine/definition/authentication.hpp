// Who a `call: http` says it is: `authentication` of an endpoint, or of `use.authentications`.
//
// A secret is a name here and everywhere in the engine; the adapter looks its value up when it writes the request, and
// nothing that is stored holds it. Values that are expressions are evaluated for each attempt and stored nowhere
// either. Source: "Authentication" of the DSL reference 1.0.3. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/expression/expression.hpp"

namespace skald::definition {

// $secrets.<name>, or the field of that name where the secret is a JSON object.
struct SecretReference {
  std::string name;
  std::string field;  // empty: the whole

  bool operator==(const SecretReference&) const = default;
};

// No value: its expression gave no text.
using CredentialText = std::variant<std::monostate, std::string, SecretReference, expression::Expression>;

struct BearerAuthentication {
  CredentialText token;
};

struct BasicAuthentication {
  CredentialText username;
  CredentialText password;
};

struct DigestAuthentication {
  CredentialText username;
  CredentialText password;
};

// `oauth2` and `oidc`: a bearer token that an authority gives.
struct OAuth2Authentication {
  enum class Grant : std::uint8_t { kClientCredentials, kPassword, kRefreshToken, kTokenExchange };
  // How the client shows who it is: by its secret, by nothing, by a JWT that its secret signs, or one that it was
  // given.
  enum class Proof : std::uint8_t { kPost, kBasic, kNone, kSecretJwt, kPrivateKeyJwt };

  std::string address;     // the token endpoint, or where an OpenID configuration names it
  bool discovers = false;  // the latter
  Grant grant = Grant::kClientCredentials;
  Proof proof = Proof::kPost;
  bool as_json = false;  // the request's body
  CredentialText client_id;
  CredentialText client_secret;
  CredentialText username;
  CredentialText password;
  CredentialText client_assertion;  // of kPrivateKeyJwt
  CredentialText subject_token;     // of kRefreshToken and kTokenExchange
  CredentialText actor_token;       // of kTokenExchange, where there is an actor_type
  std::string subject_type;
  std::string actor_type;
  std::vector<std::string> scopes;
  std::vector<std::string> audiences;
  std::vector<std::string> issuers;  // whose tokens are taken; empty: anybody's

  bool has_secret() const { return proof == Proof::kPost || proof == Proof::kBasic || proof == Proof::kSecretJwt; }
  bool has_subject() const { return grant == Grant::kRefreshToken || grant == Grant::kTokenExchange; }
};

// The same, all of which is in a secret, as JSON: {authority, grant, client, ...}.
struct OAuth2Secret {
  std::string name;
  bool is_oidc = false;
};

using Authentication =
    std::variant<BearerAuthentication, BasicAuthentication, DigestAuthentication, OAuth2Authentication, OAuth2Secret>;
using AuthenticationPtr = std::shared_ptr<const Authentication>;

// A header of `call: http` with secrets in its value: text and secrets, one behind the other.
struct SecretHeader {
  std::string name;
  std::vector<std::variant<std::string, SecretReference>> value;
};
using SecretHeadersPtr = std::shared_ptr<const std::vector<SecretHeader>>;

// Calls visit(name, text) for each value.
template <class Visit>
void for_each_text(BearerAuthentication& bearer, Visit visit) {
  visit("token", bearer.token);
}
template <class Visit>
void for_each_text(BasicAuthentication& basic, Visit visit) {
  visit("username", basic.username);
  visit("password", basic.password);
}

template <class Visit>
void for_each_text(DigestAuthentication& digest, Visit visit) {
  visit("username", digest.username);
  visit("password", digest.password);
}
template <class Visit>
void for_each_text(OAuth2Secret&, Visit) {}
// Those that the client and the grant have.
template <class Visit>
void for_each_text(OAuth2Authentication& policy, Visit visit) {
  visit("client.id", policy.client_id);
  if (policy.has_secret()) visit("client.secret", policy.client_secret);
  if (policy.proof == OAuth2Authentication::Proof::kPrivateKeyJwt) visit("client.assertion", policy.client_assertion);
  if (policy.grant == OAuth2Authentication::Grant::kPassword) {
    visit("username", policy.username);
    visit("password", policy.password);
  }
  if (policy.has_subject()) visit("subject.token", policy.subject_token);
  if (!policy.actor_type.empty()) visit("actor.token", policy.actor_token);
}

}  // namespace skald::definition

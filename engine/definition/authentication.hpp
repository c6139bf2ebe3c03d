// Who a `call: http` says it is: `authentication` of an endpoint, or of `use.authentications`.
//
// A secret is a name here and everywhere in the engine; the adapter looks its value up when it writes the request, and
// nothing that is stored holds it. Values that are expressions are evaluated for each attempt and stored nowhere
// either. Source: "Authentication" of the DSL reference 1.0.3. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <variant>

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

using Authentication = std::variant<BearerAuthentication, BasicAuthentication>;
using AuthenticationPtr = std::shared_ptr<const Authentication>;

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

}  // namespace skald::definition

#include "engine/saga/credentials.hpp"

#include <nlohmann/json.hpp>

#include "engine/saga/data_flow.hpp"
#include "engine/saga/decide_forward.hpp"

namespace skald::saga {
namespace {

using definition::Authentication;
using definition::AuthenticationPtr;
using definition::CredentialText;

const definition::HttpCall* http_call_of(const definition::Step& step) {
  const auto* call = std::get_if<definition::CallStep>(&step.kind);
  return call ? std::get_if<definition::HttpCall>(&call->target) : nullptr;
}

CredentialText evaluated(const expression::Expression& expression, const Json& input, const Variables& variables) {
  const auto value = expression.evaluate(input, variables);
  // What an expression says of its failure may hold the value.
  if (!value || !value->is_string()) return std::monostate();
  return value->get<std::string>();
}

}  // namespace

AuthenticationPtr authentication_for(const Planner& planner, const definition::Step& step, std::string_view path) {
  const auto* http = http_call_of(step);
  const AuthenticationPtr declared = http ? http->authentication : nullptr;
  if (!declared) return nullptr;
  Authentication made = *declared;
  bool changed = false;
  const auto input = call_input(planner, step, path);
  const Payload seen = input.value_or(Payload());
  const Scope scope = call_scope(planner, step, path, seen, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  std::visit(
      [&](auto& scheme) {
        definition::for_each_text(scheme, [&](std::string_view, CredentialText& text) {
          const auto* expression = std::get_if<expression::Expression>(&text);
          if (!expression) return;
          text = input ? evaluated(expression::Expression(*expression), seen.json(), variables)
                       : CredentialText(std::monostate());
          changed = true;
        });
      },
      made);
  return changed ? std::make_shared<const Authentication>(std::move(made)) : declared;
}

definition::SecretHeadersPtr secret_headers_for(const definition::Step& step) {
  const auto* http = http_call_of(step);
  return http ? http->secret_headers : nullptr;
}

}  // namespace skald::saga

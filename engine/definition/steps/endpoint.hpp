// The endpoint of `call: http`: a literal URI with `{name}` places, or one expression.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/definition/load_context.hpp"
#include "engine/definition/steps/call.hpp"

namespace skald::definition {

// Reads a string or {uri: string, authentication} into `call`. A definition that is not trusted may name allowed hosts
// only.
void read_endpoint(LoadContext& context, const Node& node, const Scope& scope, HttpCall& call);

// Data must not say who gets a credential: reports `value`, which is one, where the endpoint's host is not literal.
void check_receiver(LoadContext& context, const Node& value, const HttpCall& call);

struct AddressProblem {
  std::size_t offset = 0;  // into the URI
  std::string message;
};

// Why it is no absolute http or https URI that may be called.
std::optional<AddressProblem> find_problem(const LoadOptions& options, std::string_view uri);

// Whether it is an absolute http or https URI that may be called; if not, that is reported.
bool check_address(LoadContext& context, const Node& node, std::string_view uri);

}  // namespace skald::definition

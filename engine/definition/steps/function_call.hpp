// `call: <name>` of a function of `use.functions`: a step with a name, whose caller's `with` is its input.
//
// Source: `functions` of Use and "Call" of the DSL reference 1.0.3, and its example call-custom-function-inline. Where
// the function is one call, the caller's step becomes that call, so it is retried, undone and reported like any other;
// any other function is a step within the caller's, under the function's name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/step.hpp"

namespace skald::definition {

// `use.functions`: kept to be read with each step that calls one. `node` may be null.
void read_functions(LoadContext& context, const Node* node);

// What is wrong with those that no step has called.
void check_uncalled_functions(LoadContext& context);

// Whether the value of a `call` names one.
bool names_function(const LoadContext& context, const Node& call);

// Reads the function into the step that calls it. Of one that is a call the step's own `timeout` and `retry` come
// first.
std::optional<Step::Kind> read_function_call(LoadContext& context, MapReader& caller, const Node& call,
                                             const Scope& scope, Step& step);

}  // namespace skald::definition

// Who a request says it is, made for one attempt: never part of the request that is frozen, nor of any event.
#pragma once

#include <string_view>

#include "engine/definition/authentication.hpp"
#include "engine/saga/planner.hpp"

namespace skald::saga {

// Null where the step's endpoint has no authentication. Values that were expressions are texts in what is returned, or
// no value where they gave none; secrets stay names.
definition::AuthenticationPtr authentication_for(const Planner& planner, const definition::Step& step,
                                                 std::string_view path);

// The headers of the step's call that hold secrets; null where there are none.
definition::SecretHeadersPtr secret_headers_for(const definition::Step& step);

}  // namespace skald::saga

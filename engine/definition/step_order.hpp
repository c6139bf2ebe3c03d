// Whether a step has ended wherever the flow may stand: what `$steps.<name>` may find there.
#pragma once

#include <string>

#include "engine/definition/definition.hpp"
#include "engine/definition/load_context.hpp"

namespace skald::definition {

// Why `target` may not have ended where an expression is evaluated; empty where it always has.
std::string why_not_ended(const Definition& definition, const ExpressionSite& site, const Step& target);

}  // namespace skald::definition

// What one expression says of the values that it looks at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "engine/dry_run/shape.hpp"
#include "engine/expression/expression.hpp"

namespace skald::dry_run {

// The value of a variable, or one behind some of the fields that follow it: `consumed` says behind how many. Null:
// nothing is to be learned of it.
using FindShape =
    std::function<Shape*(std::string_view name, std::span<const std::string> fields, std::size_t& consumed)>;

// Whether a value that an expression compares with is a good one to have: what is asked to go the usual way is, the
// cases beside a default are not.
enum class Wish : std::uint8_t { kEqual, kOther };

// Adds to `dot` and to the variables what the expression reads of them. Returns the value that the expression is, where
// it is one of theirs, else null. `dot` may be null.
Shape* read_shape(const expression::Expression& expression, Shape* dot, const FindShape& variable,
                  Wish wish = Wish::kEqual);

}  // namespace skald::dry_run

// jq's order of values: null < false < true < numbers < strings < arrays < objects.
//
// Integers are compared exactly, also with floating point numbers. NaN is smaller than every number.
#pragma once

#include <cstddef>

#include "engine/base/json.hpp"

namespace skald::expression {

// Below, equal or above zero. `work` grows by what the comparison looked at, in units of the budget. Two NaN give
// `nan_order`: the operators want -1, sorting wants 0.
int compare_values(const Json& left, const Json& right, std::size_t& work, int nan_order = -1);

// As ==: like the order, but NaN equals nothing.
bool equal_values(const Json& left, const Json& right, std::size_t& work);

}  // namespace skald::expression

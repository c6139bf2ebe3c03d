// + - * / % and unary minus with jq's rules for every type.
//
// Integers stay exact: a result that fits 64 bits is an integer, anything else a floating point number. A floating
// point result that is a whole number below 2^53 becomes an integer, so that 2.5 * 2 prints as 5.
#pragma once

#include "engine/expression/evaluator.hpp"

namespace skald::expression {

// May reuse what `left` owns.
bool add(Evaluator& evaluator, Value&& left, Value&& right, Value& out);
bool subtract(Evaluator& evaluator, const Json& left, const Json& right, Value& out);
bool multiply(Evaluator& evaluator, const Json& left, const Json& right, Value& out);
bool divide(Evaluator& evaluator, const Json& left, const Json& right, Value& out);
bool modulo(Evaluator& evaluator, const Json& left, const Json& right, Value& out);
bool negate(Evaluator& evaluator, const Json& value, Value& out);

Json number(double value);

// Splits on `separator`, on every character when it is empty.
bool split_text(Evaluator& evaluator, const std::string& text, const std::string& separator, Value& out);

}  // namespace skald::expression

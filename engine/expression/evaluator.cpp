#include "engine/expression/evaluator.hpp"

#include <fmt/format.h>

#include "engine/expression/access.hpp"
#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/compare.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

// How many evaluations may stand inside one another for every level of nesting in the source.
constexpr std::size_t kNestingFactor = 4;

}  // namespace

Evaluator::Evaluator(const Program& program, const Environment& environment, const Limits& limits)
    : environment_(environment), limits_(limits), depth_max_(limits.depth_max * kNestingFactor) {
  budget_.units_max = limits.steps_max * Budget::kStep;
  budget_.bytes_max = limits.value_bytes_max;
  if (program.slots > kInlineSlots) {
    more_slots_.resize(program.slots, &kNullJson);
    slots_ = more_slots_.data();
  } else {
    slots_ = inline_slots_.data();
    std::fill_n(slots_, program.slots, &kNullJson);
  }
}

bool Evaluator::enter() {
  if (depth_ > depth_max_) {
    return fail_limit(fmt::format("evaluation is nested deeper than {} levels", depth_max_));
  }
  return work(Budget::kStep);
}

bool Evaluator::one(const Node& node, const Json& input, Value& out) {
  const Frame frame(*this);
  if (!enter()) return false;
  switch (node.kind) {
    case Kind::kConstant:
      out = Value(node.constant);
      return true;
    case Kind::kLocal:
      out = Value(*slots_[node.slot]);
      return true;
    case Kind::kPath:
    case Kind::kExternal:
      return one_path(node, input, out);
    case Kind::kPipe: {
      Value between;
      return one(*node.a, input, between) && one(*node.b, *between, out) && outlive(out, between);
    }
    case Kind::kArithmetic:
    case Kind::kCompare:
      return one_binary(node, input, out);
    case Kind::kNegate: {
      Value operand;
      if (!one(*node.a, input, operand)) return false;
      at_ = node.offset;
      return negate(*this, *operand, out);
    }
    case Kind::kAnd:
    case Kind::kOr:
      return one_logic(node, input, out);
    case Kind::kAlternative:
      if (!one(*node.a, input, out)) return false;
      return truthy(*out) || one(*node.b, input, out);
    case Kind::kIf:
      return one_condition(node, input, out);
    case Kind::kTry:
      return one_try(node, input, out);
    case Kind::kBind:
      return one_bind(node, input, out);
    case Kind::kObject:
      return one_object(node, input, out);
    case Kind::kArray:
      return one_array(node, input, out);
    case Kind::kText:
      return one_text(node, input, out);
    case Kind::kFormat: {
      if (!node.a) return one_format(node, input, out);
      Value operand;
      return one(*node.a, input, operand) && one_format(node, *operand, out);
    }
    case Kind::kUpdate:
      return update_paths(node, input, nullptr, out);
    case Kind::kCall:
      return one_call(node, input, out);
    default:
      return one_captured(node, input, out);
  }
}

// Nodes that are written as generators only.
bool Evaluator::one_captured(const Node& node, const Json& input, Value& out) {
  const auto keep = [&](Value&& value) {
    out = std::move(value);
    return ensure_owned(out);
  };
  switch (node.kind) {
    case Kind::kReduce:
      return each_reduce(node, input, keep);
    case Kind::kAssign:
    case Kind::kOpUpdate:
      return each_assign(node, input, keep);
    case Kind::kCall:
      return node.builtin->special(*this, node, input, keep);
    default:
      return fail_at(node, "has no single result");
  }
}

bool Evaluator::each(const Node& node, const Json& input, Sink sink) {
  if (node.single) {
    Value value;
    return one(node, input, value) && sink(std::move(value));
  }
  const Frame frame(*this);
  if (!enter()) return false;
  switch (node.kind) {
    case Kind::kPath:
    case Kind::kExternal:
      return each_path(node, input, sink);
    case Kind::kPipe:
      return each(*node.a, input, [&](Value&& between) { return each(*node.b, *between, sink); });
    case Kind::kComma:
      for (const Node* item : node.list) {
        if (!each(*item, input, sink)) return false;
      }
      return true;
    case Kind::kArithmetic:
    case Kind::kCompare:
      // The right side is the outer loop.
      return each(*node.b, input, [&](Value&& right) {
        return each(*node.a, input, [&](Value&& left) {
          Value result;
          return apply(node, std::move(left), Value(*right), result) && sink(std::move(result));
        });
      });
    case Kind::kNegate:
      return each(*node.a, input, [&](Value&& operand) {
        Value result;
        at_ = node.offset;
        return negate(*this, *operand, result) && sink(std::move(result));
      });
    case Kind::kAnd:
    case Kind::kOr:
      return each_logic(node, input, sink);
    case Kind::kAlternative:
      return each_alternative(node, input, sink);
    case Kind::kIf:
      return each_if(node, input, 0, sink);
    case Kind::kTry:
      return each_try(node, input, sink);
    case Kind::kReduce:
      return each_reduce(node, input, sink);
    case Kind::kForeach:
      return each_foreach(node, input, sink);
    case Kind::kBind:
      return each_bind(node, input, sink);
    case Kind::kObject:
      return each_object(node, input, sink);
    case Kind::kText:
      return each_text(node, input, sink);
    case Kind::kFormat:
      return each(*node.a, input, [&](Value&& operand) {
        Value result;
        return one_format(node, *operand, result) && sink(std::move(result));
      });
    case Kind::kAssign:
    case Kind::kOpUpdate:
      return each_assign(node, input, sink);
    case Kind::kCall:
      return each_call(node, input, sink);
    default:
      return fail_at(node, "has no results");
  }
}

bool Evaluator::apply(const Node& node, Value&& left, Value&& right, Value& out) {
  at_ = node.offset;
  switch (node.op) {
    case Op::kAdd:
      return add(*this, std::move(left), std::move(right), out);
    case Op::kSubtract:
      return subtract(*this, *left, *right, out);
    case Op::kMultiply:
      return multiply(*this, *left, *right, out);
    case Op::kDivide:
      return divide(*this, *left, *right, out);
    case Op::kModulo:
      return modulo(*this, *left, *right, out);
    default:
      break;
  }
  std::size_t looked_at = 0;
  bool result = false;
  if (node.op == Op::kEqual || node.op == Op::kNotEqual) {
    result = equal_values(*left, *right, looked_at) == (node.op == Op::kEqual);
  } else {
    const int order = compare_values(*left, *right, looked_at);
    result = node.op == Op::kLess        ? order < 0
             : node.op == Op::kLessEqual ? order <= 0
             : node.op == Op::kGreater   ? order > 0
                                         : order >= 0;
  }
  out = Value::scalar(Json(result));
  return work(looked_at);
}

bool Evaluator::one_binary(const Node& node, const Json& input, Value& out) {
  Value right;
  Value left;
  if (!one(*node.b, input, right) || !one(*node.a, input, left)) return false;
  return apply(node, std::move(left), std::move(right), out);
}

bool Evaluator::one_logic(const Node& node, const Json& input, Value& out) {
  Value operand;
  if (!one(*node.a, input, operand)) return false;
  bool result = truthy(*operand);
  if (result == (node.kind == Kind::kAnd)) {
    if (!one(*node.b, input, operand)) return false;
    result = truthy(*operand);
  }
  out = Value::scalar(Json(result));
  return true;
}

bool Evaluator::each_logic(const Node& node, const Json& input, Sink sink) {
  return each(*node.a, input, [&](Value&& left) {
    const bool decided = truthy(*left);
    if (decided != (node.kind == Kind::kAnd)) return sink(Value::scalar(Json(decided)));
    return each(*node.b, input, [&](Value&& right) { return sink(Value::scalar(Json(truthy(*right)))); });
  });
}

bool Evaluator::one_condition(const Node& node, const Json& input, Value& out) {
  for (std::size_t i = 0; i < node.list.size(); i += 2) {
    Value condition;
    if (!one(*node.list[i], input, condition)) return false;
    if (truthy(*condition)) return one(*node.list[i + 1], input, out);
  }
  if (node.a) return one(*node.a, input, out);
  out = Value(input);
  return true;
}

bool Evaluator::each_if(const Node& node, const Json& input, std::size_t branch, Sink sink) {
  if (branch >= node.list.size()) return node.a ? each(*node.a, input, sink) : sink(Value(input));
  return each(*node.list[branch], input, [&](Value&& condition) {
    return truthy(*condition) ? each(*node.list[branch + 1], input, sink) : each_if(node, input, branch + 2, sink);
  });
}

bool Evaluator::each_alternative(const Node& node, const Json& input, Sink sink) {
  bool found = false;
  const bool done = each(*node.a, input, [&](Value&& value) {
    if (!truthy(*value)) return true;
    found = true;
    return sink(std::move(value));
  });
  if (!done || found) return done;
  return each(*node.b, input, sink);
}

bool Evaluator::one_try(const Node& node, const Json& input, Value& out) {
  if (one(*node.a, input, out)) return true;
  if (fatal_) return false;
  const Json error = take_error();
  return one(*node.b, error, out) && (out.owned() || ensure_owned(out));
}

// Only what the body raises is caught, not what happens to its results further on.
bool Evaluator::each_try(const Node& node, const Json& input, Sink sink) {
  bool stopped = false;
  const bool done = each(*node.a, input, [&](Value&& value) {
    stopped = !sink(std::move(value));
    return !stopped;
  });
  if (done || stopped || fatal_ || !failed_) return done;
  const Json error = take_error();
  return node.b ? each(*node.b, error, sink) : true;
}

bool Evaluator::one_call(const Node& node, const Json& input, Value& out) {
  if (!node.builtin->value) {
    at_ = node.offset;
    return one_captured(node, input, out);
  }
  constexpr std::size_t kArgumentsMax = 3;
  std::array<Value, kArgumentsMax> arguments;
  for (std::size_t i = 0; i < node.list.size(); ++i) {
    if (!one(*node.list[i], input, arguments[i])) return false;
  }
  at_ = node.offset;
  return node.builtin->value(*this, input, std::span(arguments.data(), node.list.size()), out);
}

bool Evaluator::each_call(const Node& node, const Json& input, Sink sink) {
  at_ = node.offset;
  if (node.builtin->special) return node.builtin->special(*this, node, input, sink);
  return with_arguments(node, input, [&](std::span<Value> arguments) {
    Value result;
    at_ = node.offset;
    return node.builtin->value(*this, input, arguments, result) && sink(std::move(result));
  });
}

namespace {

bool combine(Evaluator& evaluator, const Node& call, const Json& input, std::size_t done, std::span<Value> arguments,
             FunctionRef<bool(std::span<Value>)> f) {
  if (done == arguments.size()) return f(arguments);
  const std::size_t index = call.builtin->first_outer ? done : arguments.size() - 1 - done;
  return evaluator.each(*call.list[index], input, [&](Value&& value) {
    arguments[index] = Value(*value);
    return combine(evaluator, call, input, done + 1, arguments, f);
  });
}

}  // namespace

bool Evaluator::with_arguments(const Node& call, const Json& input, FunctionRef<bool(std::span<Value>)> f) {
  std::array<Value, 4> arguments;
  return combine(*this, call, input, 0, std::span(arguments.data(), call.list.size()), f);
}

bool Evaluator::first_result(const Node& node, const Json& input, Value& out, bool& found) {
  found = false;
  if (node.single) {
    found = one(node, input, out);
    return found;
  }
  each(node, input, [&](Value&& value) {
    found = true;
    out = std::move(value);
    ensure_owned(out);
    return false;
  });
  return !failed_;
}

bool Evaluator::compare(const Json& left, const Json& right, int& order) {
  std::size_t looked_at = 0;
  order = compare_values(left, right, looked_at);
  return work(looked_at);
}

}  // namespace skald::expression

// Built-ins that take expressions apart into their results: map, range, first, limit, any, all, error, walk, ...
#include <fmt/format.h>

#include <cmath>

#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/compare.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

bool raise(Evaluator& evaluator, const Json& value) {
  Value copy;
  return evaluator.give_copy(value, copy) && evaluator.fail_value(copy.release_json());
}

bool error_input(Evaluator& evaluator, const Json& input, Arguments, Value&) {
  return raise(evaluator, input);
}

bool error_argument(Evaluator& evaluator, const Json&, Arguments arguments, Value&) {
  return raise(evaluator, *arguments[0]);
}

bool error_path(Evaluator& evaluator, const Node& call, const Json& input, Path&, PathSink) {
  if (call.list.empty()) return raise(evaluator, input);
  return evaluator.with_arguments(call, input, [&](Arguments arguments) { return raise(evaluator, *arguments[0]); });
}

bool map(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  if (!input.is_structured()) return cannot_iterate(evaluator, input);
  Value result;
  if (!evaluator.start_array(result)) return false;
  for (const auto& item : input) {
    const bool done =
        evaluator.each(*call.list[0], item, [&](Value&& value) { return evaluator.append(result, std::move(value)); });
    if (!done) return false;
  }
  return sink(std::move(result));
}

bool count(Evaluator& evaluator, const Json& from, const Json& to, const Json& by, Sink sink) {
  if (!from.is_number() || !to.is_number() || !by.is_number()) return evaluator.fail("Range bounds must be numeric");
  const double step = by.get<double>();
  if (step == 0 || std::isnan(step)) return true;
  Value current(from);
  if (!evaluator.ensure_owned(current)) return false;
  for (;;) {
    int order = 0;
    if (!evaluator.work(Budget::kStep) || !evaluator.compare(*current, to, order)) return false;
    if (step > 0 ? order >= 0 : order <= 0) return true;
    if (!sink(Value(*current))) return false;
    Value next;
    if (!add(evaluator, std::move(current), Value(by), next)) return false;
    current = std::move(next);
  }
}

bool range(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  static const Json kZero = 0;
  static const Json kOne = 1;
  return evaluator.with_arguments(call, input, [&](Arguments arguments) {
    return arguments.size() == 1
               ? count(evaluator, kZero, *arguments[0], kOne, sink)
               : count(evaluator, *arguments[0], *arguments[1], arguments.size() == 3 ? *arguments[2] : kOne, sink);
  });
}

bool first(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  bool found = false;
  bool wanted = true;
  evaluator.each(*call.list[0], input, [&](Value&& value) {
    found = true;
    wanted = sink(std::move(value));
    return false;
  });
  return found ? wanted : !evaluator.failed();
}

bool first_path(Evaluator& evaluator, const Node& call, const Json& input, Path& path, PathSink sink) {
  bool found = false;
  bool wanted = true;
  const std::size_t depth = path.size();
  evaluator.paths(*call.list[0], input, path, [&](const Json& value) {
    found = true;
    wanted = sink(value);
    return false;
  });
  path.resize(depth);
  return found ? wanted : !evaluator.failed();
}

bool last(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Value latest;
  bool found = false;
  const bool done = evaluator.each(*call.list[0], input, [&](Value&& value) {
    found = true;
    latest = std::move(value);
    return evaluator.ensure_owned(latest);
  });
  return done && sink(found ? std::move(latest) : Value());
}

// Hands on at most `count` results of `node`.
bool take(Evaluator& evaluator, const Node& node, const Json& input, double count, Sink sink) {
  if (count == 0) return true;
  bool wanted = true;
  bool enough = false;
  const bool done = evaluator.each(node, input, [&](Value&& value) {
    count -= 1;
    enough = count <= 0 && count > -1;
    wanted = sink(std::move(value));
    return wanted && !enough;
  });
  return done || (enough && wanted && !evaluator.failed());
}

bool limit(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return evaluator.each(*call.list[0], input, [&](Value&& count) {
    if (!count->is_number()) return evaluator.fail_type(*count, "number required");
    const double number = std::ceil(count->get<double>());
    if (number < 0) return evaluator.each(*call.list[1], input, sink);
    return take(evaluator, *call.list[1], input, number, sink);
  });
}

bool nth(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return evaluator.each(*call.list[0], input, [&](Value&& index) {
    if (!index->is_number()) return evaluator.fail_type(*index, "number required");
    double remaining = index->get<double>();
    if (remaining < 0) return evaluator.fail("nth doesn't support negative indices");
    Value found;
    bool any = false;
    const bool done = take(evaluator, *call.list[1], input, std::floor(remaining) + 1, [&](Value&& value) {
      any = remaining < 1;
      remaining -= 1;
      found = std::move(value);
      return evaluator.ensure_owned(found);
    });
    return done && (!any || sink(std::move(found)));
  });
}

bool isempty(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  bool found = false;
  evaluator.each(*call.list[0], input, [&](Value&&) {
    found = true;
    return false;
  });
  return !evaluator.failed() && sink(Value::scalar(Json(!found)));
}

// Whether the condition gives `Wanted` for one of the items; stops at the first.
template <bool Wanted>
bool some(Evaluator& evaluator, const Node* generator, const Node& condition, const Json& input, Sink sink) {
  bool found = false;
  const auto test = [&](const Json& item) {
    return evaluator.each(condition, item, [&](Value&& value) {
      found = truthy(*value) == Wanted;
      return !found;
    });
  };
  bool done = true;
  if (generator) {
    done = evaluator.each(*generator, input, [&](Value&& item) { return test(*item); });
  } else {
    if (!input.is_structured()) return cannot_iterate(evaluator, input);
    for (const auto& item : input) {
      done = test(item);
      if (!done) break;
    }
  }
  if (!done && evaluator.failed()) return false;
  return sink(Value::scalar(Json(found == Wanted)));
}

template <bool Wanted>
bool quantified(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return call.list.size() == 1 ? some<Wanted>(evaluator, nullptr, *call.list[0], input, sink)
                               : some<Wanted>(evaluator, call.list[0], *call.list[1], input, sink);
}

bool is_among(Evaluator& evaluator, const Node& list, const Json& wanted, const Json& input, bool& found) {
  evaluator.each(list, input, [&](Value&& value) {
    std::size_t looked_at = 0;
    found = equal_values(*value, wanted, looked_at);
    return evaluator.work(looked_at) && !found;
  });
  return !evaluator.failed();
}

bool in_list(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  bool found = false;
  if (call.list.size() == 1) {
    return is_among(evaluator, *call.list[0], input, input, found) && sink(Value::scalar(Json(found)));
  }
  evaluator.each(*call.list[0], input,
                 [&](Value&& wanted) { return is_among(evaluator, *call.list[1], *wanted, input, found) && !found; });
  return !evaluator.failed() && sink(Value::scalar(Json(found)));
}

// Every way to choose one element of each array; the last one varies fastest.
bool combine(Evaluator& evaluator, const std::vector<const Json*>& lists, Sink sink) {
  for (const Json* list : lists) {
    if (!list->is_structured()) return cannot_iterate(evaluator, *list);
  }
  for (const Json* list : lists) {
    if (list->empty()) return true;
  }
  std::vector<Json::const_iterator> chosen;
  for (const Json* list : lists) chosen.push_back(list->begin());
  for (;;) {
    Value combination;
    if (!evaluator.start_array(combination)) return false;
    for (const auto& item : chosen) {
      if (!evaluator.append(combination, Value(*item))) return false;
    }
    if (!evaluator.work(Budget::kStep) || !sink(std::move(combination))) return false;
    std::size_t i = lists.size();
    while (i > 0 && ++chosen[i - 1] == lists[i - 1]->end()) {
      chosen[i - 1] = lists[i - 1]->begin();
      --i;
    }
    if (i == 0) return true;
  }
}

bool combinations(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  if (call.list.empty()) {
    if (!input.is_array()) return cannot_iterate(evaluator, input);
    std::vector<const Json*> lists;
    for (const auto& list : input) lists.push_back(&list);
    return evaluator.work(lists.size()) && combine(evaluator, lists, sink);
  }
  return evaluator.with_arguments(call, input, [&](Arguments arguments) {
    if (!arguments[0]->is_number()) return evaluator.fail("Range bounds must be numeric");
    const double times = std::ceil(arguments[0]->get<double>());
    std::vector<const Json*> lists;
    for (double i = 0; i < times; ++i) {
      if (!evaluator.work(Budget::kStep)) return false;
      lists.push_back(&input);
    }
    return combine(evaluator, lists, sink);
  });
}

// Applies `f` from the leaves up. Members without a result go.
bool walk_value(Evaluator& evaluator, const Node& f, const Json& value, std::size_t depth, Sink sink) {
  if (!value.is_structured()) return evaluator.each(f, value, sink);
  if (depth > kJsonDepthMax) return evaluator.fail_limit("a value is nested too deep");
  Value result;
  if (!(value.is_array() ? evaluator.start_array(result) : evaluator.start_object(result))) return false;
  for (auto item = value.begin(); item != value.end(); ++item) {
    bool enough = false;
    const bool done = walk_value(evaluator, f, *item, depth + 1, [&](Value&& changed) {
      if (value.is_array()) return evaluator.append(result, std::move(changed));
      enough = evaluator.insert(result, item.key(), std::move(changed));
      return false;
    });
    if (!done && !(enough && !evaluator.failed())) return false;
  }
  return evaluator.each(f, *result, sink);
}

bool walk(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return walk_value(evaluator, *call.list[0], input, 0, sink);
}

constexpr Builtin kGenerators[] = {
    {.name = "IN", .arity = 1, .special = in_list},
    {.name = "IN", .arity = 2, .special = in_list},
    {.name = "all", .arity = 1, .special = quantified<false>},
    {.name = "all", .arity = 2, .special = quantified<false>},
    {.name = "any", .arity = 1, .special = quantified<true>},
    {.name = "any", .arity = 2, .special = quantified<true>},
    {.name = "combinations", .special = combinations, .single = false},
    {.name = "combinations", .arity = 1, .special = combinations, .single = false},
    {.name = "error", .value = error_input, .path = error_path},
    {.name = "error", .arity = 1, .value = error_argument, .path = error_path, .reads_input = false},
    {.name = "first", .arity = 1, .special = first, .path = first_path, .single = false, .reads_input = false},
    {.name = "isempty", .arity = 1, .special = isempty, .reads_input = false},
    {.name = "last", .arity = 1, .special = last, .reads_input = false},
    {.name = "limit", .arity = 2, .special = limit, .single = false, .reads_input = false},
    {.name = "map", .arity = 1, .special = map},
    {.name = "nth", .arity = 2, .special = nth, .single = false, .reads_input = false},
    {.name = "range", .arity = 1, .special = range, .single = false, .reads_input = false, .first_outer = true},
    {.name = "range", .arity = 2, .special = range, .single = false, .reads_input = false, .first_outer = true},
    {.name = "range", .arity = 3, .special = range, .single = false, .reads_input = false, .first_outer = true},
    {.name = "walk", .arity = 1, .special = walk, .single = false},
};

}  // namespace

std::span<const Builtin> generator_builtins() {
  return kGenerators;
}

}  // namespace skald::expression

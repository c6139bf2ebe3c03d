// Built-ins on arrays: order, grouping, searching.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/expression/access.hpp"
#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/compare.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

struct Keyed {
  const Json* item;
  const Json* key;
};

bool sort_items(Evaluator& evaluator, std::vector<Keyed>& items) {
  std::size_t looked_at = 0;
  if (!evaluator.work(items.size() * 16)) return false;
  // The items stand in one array, so their addresses keep equal ones in order.
  std::sort(items.begin(), items.end(), [&](const Keyed& left, const Keyed& right) {
    const int order = compare_values(*left.key, *right.key, looked_at, 0);
    return order != 0 ? order < 0 : left.item < right.item;
  });
  return evaluator.work(looked_at);
}

// The items with their keys: one result of `f` each, or an array of all its results.
bool keyed_items(Evaluator& evaluator, const Json& input, const Node* f, Value& keys, std::vector<Keyed>& items) {
  if (!evaluator.start_array(keys)) return false;
  for (const auto& item : input) {
    if (!f) {
      items.push_back({&item, &item});
      continue;
    }
    Value key;
    if (f->single) {
      if (!evaluator.one(*f, item, key)) return false;
    } else if (!evaluator.start_array(key) ||
               !evaluator.each(*f, item, [&](Value&& part) { return evaluator.append(key, std::move(part)); })) {
      return false;
    }
    if (!evaluator.append(keys, std::move(key))) return false;
    items.push_back({&item, nullptr});
  }
  for (std::size_t i = 0; f && i < items.size(); ++i) items[i].key = &(*keys)[i];
  return evaluator.work(items.size());
}

// What jq says of objects where it wants arrays: it has made the keys of their members by then.
bool refuse_object(Evaluator& evaluator, const Json& input, const Node* f, std::string_view why) {
  Value keys;
  if (!evaluator.start_array(keys)) return false;
  for (const auto& item : input) {
    Value key;
    const auto add_part = [&](Value&& part) { return evaluator.append(key, std::move(part)); };
    if (!evaluator.start_array(key) || !(f ? evaluator.each(*f, item, add_part) : add_part(Value(item)))) return false;
    if (!evaluator.append(keys, std::move(key))) return false;
  }
  return evaluator.fail_types(input, *keys, why);
}

enum class Order { kSort, kGroup, kUnique };

template <Order O>
bool ordered(Evaluator& evaluator, const Json& input, const Node* f, Value& out) {
  if (!input.is_array()) {
    if (O == Order::kSort && !f) return evaluator.fail_type(input, "cannot be sorted, as it is not an array");
    if (!input.is_object()) return cannot_iterate(evaluator, input);
    return refuse_object(evaluator, input, f, "cannot be sorted, as they are not both arrays");
  }
  Value keys;
  std::vector<Keyed> items;
  if (!keyed_items(evaluator, input, f, keys, items) || !sort_items(evaluator, items)) return false;
  Value result;
  if (!evaluator.start_array(result)) return false;
  for (std::size_t i = 0; i < items.size();) {
    std::size_t j = i + 1;
    if (O != Order::kSort) {
      std::size_t looked_at = 0;
      while (j < items.size() && equal_values(*items[i].key, *items[j].key, looked_at)) ++j;
      if (!evaluator.work(looked_at)) return false;
    }
    if (O == Order::kGroup) {
      Value group;
      if (!evaluator.start_array(group)) return false;
      for (std::size_t k = i; k < j; ++k) {
        if (!evaluator.append(group, Value(*items[k].item))) return false;
      }
      if (!evaluator.append(result, std::move(group))) return false;
    } else if (!evaluator.append(result, Value(*items[i].item))) {
      return false;
    }
    i = j;
  }
  out = std::move(result);
  return true;
}

template <Order O>
bool ordered_plain(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  return ordered<O>(evaluator, input, nullptr, out);
}

template <Order O>
bool ordered_by(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Value result;
  return ordered<O>(evaluator, input, call.list[0], result) && sink(std::move(result));
}

// The first of the smallest, or the last of the largest.
template <bool Smallest>
bool extreme(Evaluator& evaluator, const Json& input, const Node* f, Value& out) {
  if (!input.is_array()) {
    if (!f) return evaluator.fail_types(input, input, "cannot be iterated over");
    if (!input.is_object()) return cannot_iterate(evaluator, input);
    return refuse_object(evaluator, input, f, "cannot be iterated over");
  }
  Value keys;
  std::vector<Keyed> items;
  if (!keyed_items(evaluator, input, f, keys, items)) return false;
  const Keyed* best = nullptr;
  for (const auto& item : items) {
    int order = -1;
    if (best && !evaluator.compare(*item.key, *best->key, order)) return false;
    if (!best || (order < 0) == Smallest) best = &item;
  }
  out = best ? Value(*best->item) : Value();
  return true;
}

template <bool Smallest>
bool extreme_plain(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  return extreme<Smallest>(evaluator, input, nullptr, out);
}

template <bool Smallest>
bool extreme_by(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Value result;
  return extreme<Smallest>(evaluator, input, call.list[0], result) && sink(std::move(result));
}

bool add_all(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_structured()) return cannot_iterate(evaluator, input);
  Value sum;
  for (const auto& item : input) {
    Value next;
    if (!evaluator.work(Budget::kStep / 4) || !add(evaluator, std::move(sum), Value(item), next)) return false;
    sum = std::move(next);
  }
  out = std::move(sum);
  return true;
}

// Values without anything in them reverse to [], as .[length - 1 - range(0; length)] does.
bool reverse(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (input.is_boolean()) return evaluator.fail_type(input, "has no length");
  const bool nothing = input.is_number()   ? input.get<double>() == 0
                       : input.is_string() ? input.get_ref<const std::string&>().empty()
                                           : input.empty();
  if (!input.is_array() && !nothing) {
    return evaluator.fail(fmt::format("Cannot index {} with number", kind_name(input)));
  }
  if (!evaluator.start_array(out)) return false;
  if (!input.is_array()) return true;
  const auto& items = input.get_ref<const Json::array_t&>();
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    if (!evaluator.append(out, Value(*item))) return false;
  }
  return true;
}

bool flatten_into(Evaluator& evaluator, const Json& value, double depth, Value& out) {
  if (!value.is_structured()) return cannot_iterate(evaluator, value);
  for (const auto& item : value) {
    const bool deeper = item.is_array() && depth != 0;
    if (deeper ? !flatten_into(evaluator, item, depth - 1, out) : !evaluator.append(out, Value(item))) return false;
  }
  return true;
}

bool flatten(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  double depth = -1;
  if (!arguments.empty()) {
    if (!arguments[0]->is_number()) return evaluator.fail_type(*arguments[0], "number required");
    depth = arguments[0]->get<double>();
    if (depth < 0) return evaluator.fail("flatten depth must not be negative");
  }
  return evaluator.start_array(out) && flatten_into(evaluator, input, depth, out);
}

// How many columns a row has: what `length` says of it.
bool row_width(Evaluator& evaluator, const Json& row, double& width) {
  if (row.is_boolean()) return evaluator.fail_type(row, "has no length");
  if (row.is_number()) {
    width = std::abs(row.get<double>());
  } else if (row.is_string()) {
    width = static_cast<double>(utf8_count(row.get_ref<const std::string&>()));
  } else {
    width = static_cast<double>(row.size());
  }
  return true;
}

bool transpose(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_structured()) return cannot_iterate(evaluator, input);
  if (input.is_object() && input.empty()) return evaluator.fail("Range bounds must be numeric");
  double width_max = 0;
  for (const auto& row : input) {
    double width = 0;
    if (!row_width(evaluator, row, width)) return false;
    width_max = std::max(width_max, width);
  }
  if (input.is_object() && width_max > 0) return evaluator.fail("Cannot index object with number");
  if (!evaluator.start_array(out)) return false;
  for (std::size_t column = 0; static_cast<double>(column) < width_max; ++column) {
    Value line;
    if (!evaluator.start_array(line)) return false;
    for (const auto& row : input) {
      const Json* cell = lookup_index(evaluator, row, static_cast<std::int64_t>(column));
      if (!cell || !evaluator.append(line, Value(*cell))) return false;
    }
    if (!evaluator.append(out, std::move(line))) return false;
  }
  return true;
}

bool contains_value(Evaluator& evaluator, const Json& whole, const Json& part, bool& result) {
  if (!evaluator.work(Budget::kStep / 4)) return false;
  result = false;
  if (whole.is_object() && part.is_object()) {
    for (const auto& [key, member] : part.get_ref<const Json::object_t&>()) {
      const auto found = whole.find(key);
      result = found != whole.end();
      if (result && !contains_value(evaluator, *found, member, result)) return false;
      if (!result) return true;
    }
    result = true;
  } else if (whole.is_array() && part.is_array()) {
    for (const auto& wanted : part) {
      result = false;
      for (const auto& item : whole) {
        if (!contains_value(evaluator, item, wanted, result)) return false;
        if (result) break;
      }
      if (!result) return true;
    }
    result = true;
  } else if (whole.is_string() && part.is_string()) {
    const auto& text = whole.get_ref<const std::string&>();
    result = text.find(part.get_ref<const std::string&>()) != text.npos;
    return evaluator.work(text.size() / 4);
  } else {
    std::size_t looked_at = 0;
    result = equal_values(whole, part, looked_at);
  }
  return true;
}

bool contains_checked(Evaluator& evaluator, const Json& whole, const Json& part, Value& out) {
  if (kind_name(whole) != kind_name(part) ||
      (whole.is_boolean() && whole.get<bool>() != part.get<bool>())) {  // true and false are two types to jq
    return evaluator.fail_types(whole, part, "cannot have their containment checked");
  }
  bool result = false;
  if (!contains_value(evaluator, whole, part, result)) return false;
  out = Value::scalar(Json(result));
  return true;
}

bool contains(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  return contains_checked(evaluator, input, *arguments[0], out);
}

bool inside(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  return contains_checked(evaluator, *arguments[0], input, out);
}

// Positions in text count characters.
bool text_indices(Evaluator& evaluator, const std::string& text, const std::string& wanted, Value& out) {
  if (!evaluator.start_array(out) || !evaluator.work(text.size() / 4)) return false;
  if (wanted.empty()) return true;
  std::size_t characters = 0;
  std::size_t counted = 0;
  for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + wanted.size())) {
    characters += utf8_count(std::string_view(text).substr(counted, at - counted));
    counted = at;
    if (!evaluator.append(out, Value::scalar(Json(static_cast<std::int64_t>(characters))))) return false;
  }
  return true;
}

bool indices_of(Evaluator& evaluator, const Json& input, const Json& wanted, Value& out) {
  if (input.is_string() && wanted.is_string()) {
    return text_indices(evaluator, input.get_ref<const std::string&>(), wanted.get_ref<const std::string&>(), out);
  }
  Value scratch;
  const Json list = input.is_array() && !wanted.is_array() ? Json::array({wanted}) : Json();
  const Json* found = lookup(evaluator, input, list.is_array() ? list : wanted, scratch);
  if (!found) return false;
  if (scratch.owned()) {
    out = std::move(scratch);
    return true;
  }
  return evaluator.give_copy(*found, out);
}

bool indices(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  return indices_of(evaluator, input, *arguments[0], out);
}

template <bool Last>
bool index_of(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  Value all;
  if (!indices_of(evaluator, input, *arguments[0], all)) return false;
  const Json* found = lookup_index(evaluator, *all, Last ? -1 : 0);
  return found && evaluator.give_copy(*found, out);
}

bool bsearch(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_array()) return evaluator.fail_type(input, "cannot be searched, as it is not an array");
  std::int64_t low = 0;
  std::int64_t high = static_cast<std::int64_t>(input.size()) - 1;
  while (low <= high) {
    const std::int64_t middle = low + (high - low) / 2;
    int order = 0;
    if (!evaluator.compare(input[static_cast<std::size_t>(middle)], *arguments[0], order)) return false;
    if (order == 0) {
      out = Value::scalar(Json(middle));
      return true;
    }
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle - 1;
  }
  out = Value::scalar(Json(-1 - low));
  return true;
}

template <bool All>
bool quantified(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_structured()) return cannot_iterate(evaluator, input);
  bool result = All;
  for (const auto& item : input) {
    if (truthy(item) != All) result = !All;
  }
  out = Value::scalar(Json(result));
  return evaluator.work(input.size());
}

constexpr Builtin kArrays[] = {
    {.name = "add", .value = add_all},
    {.name = "all", .value = quantified<true>},
    {.name = "any", .value = quantified<false>},
    {.name = "bsearch", .arity = 1, .value = bsearch},
    {.name = "contains", .arity = 1, .value = contains},
    {.name = "flatten", .value = flatten},
    {.name = "flatten", .arity = 1, .value = flatten},
    {.name = "group_by", .arity = 1, .special = ordered_by<Order::kGroup>},
    {.name = "index", .arity = 1, .value = index_of<false>},
    {.name = "indices", .arity = 1, .value = indices},
    {.name = "inside", .arity = 1, .value = inside},
    {.name = "max", .value = extreme_plain<false>},
    {.name = "max_by", .arity = 1, .special = extreme_by<false>},
    {.name = "min", .value = extreme_plain<true>},
    {.name = "min_by", .arity = 1, .special = extreme_by<true>},
    {.name = "reverse", .value = reverse},
    {.name = "rindex", .arity = 1, .value = index_of<true>},
    {.name = "sort", .value = ordered_plain<Order::kSort>},
    {.name = "sort_by", .arity = 1, .special = ordered_by<Order::kSort>},
    {.name = "transpose", .value = transpose},
    {.name = "unique", .value = ordered_plain<Order::kUnique>},
    {.name = "unique_by", .arity = 1, .special = ordered_by<Order::kUnique>},
};

}  // namespace

std::span<const Builtin> array_builtins() {
  return kArrays;
}

}  // namespace skald::expression

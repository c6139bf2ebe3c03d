// Built-ins on objects: keys, membership, entries.
#include <fmt/format.h>

#include "engine/expression/access.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

bool keys(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_structured()) return evaluator.fail_type(input, "has no keys");
  if (!evaluator.start_array(out)) return false;
  if (input.is_array()) {
    for (std::size_t i = 0; i < input.size(); ++i) {
      if (!evaluator.append(out, Value::scalar(Json(static_cast<std::int64_t>(i))))) return false;
    }
    return true;
  }
  for (const auto& [key, member] : input.get_ref<const Json::object_t&>()) {
    Value item;
    if (!evaluator.give_text(std::string(key), item) || !evaluator.append(out, std::move(item))) return false;
  }
  return true;
}

bool has(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  bool result = false;
  if (!has_key(evaluator, input, *arguments[0], result)) return false;
  out = Value::scalar(Json(result));
  return true;
}

bool in(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  bool result = false;
  if (!has_key(evaluator, *arguments[0], input, result)) return false;
  out = Value::scalar(Json(result));
  return true;
}

bool entry(Evaluator& evaluator, Value&& key, const Json& value, Value& out) {
  return evaluator.start_object(out) && evaluator.insert(out, "key", std::move(key)) &&
         evaluator.insert(out, "value", Value(value));
}

bool entries_of(Evaluator& evaluator, const Json& input, FunctionRef<bool(Value&&)> sink) {
  if (!input.is_structured()) return evaluator.fail_type(input, "has no keys");
  if (input.is_array()) {
    for (std::size_t i = 0; i < input.size(); ++i) {
      Value item;
      if (!entry(evaluator, Value::scalar(Json(static_cast<std::int64_t>(i))), input[i], item)) return false;
      if (!sink(std::move(item))) return false;
    }
    return true;
  }
  for (const auto& [key, member] : input.get_ref<const Json::object_t&>()) {
    Value name;
    Value item;
    if (!evaluator.give_text(std::string(key), name) || !entry(evaluator, std::move(name), member, item)) return false;
    if (!sink(std::move(item))) return false;
  }
  return true;
}

bool to_entries(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  return evaluator.start_array(out) &&
         entries_of(evaluator, input, [&](Value&& item) { return evaluator.append(out, std::move(item)); });
}

// The member called one of `names`: the first that is neither null nor false, as `.key // .Key // ...` finds it.
const Json* first_member(Evaluator& evaluator, const Json& entry, std::initializer_list<const char*> names) {
  const Json* found = nullptr;
  for (const char* name : names) {
    found = lookup_field(evaluator, entry, name);
    if (!found || truthy(*found)) return found;
  }
  return found;
}

bool insert_entry(Evaluator& evaluator, const Json& entry, Value& object) {
  const Json* key = first_member(evaluator, entry, {"key", "Key", "name", "Name"});
  if (!key) return false;
  if (!key->is_string()) {
    return evaluator.fail(fmt::format("Cannot use {} ({}) as object key", kind_name(*key), brief(*key)));
  }
  const Json* value = lookup_field(evaluator, entry, entry.contains("value") ? "value" : "Value");
  return value && evaluator.insert(object, key->get_ref<const std::string&>(), Value(*value));
}

bool from_entries(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_structured()) {
    return evaluator.fail(fmt::format("Cannot iterate over {} ({})", kind_name(input), brief(input)));
  }
  if (!evaluator.start_object(out)) return false;
  for (const auto& item : input) {
    if (!insert_entry(evaluator, item, out)) return false;
  }
  return true;
}

bool with_entries(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Value object;
  if (!evaluator.start_object(object)) return false;
  const bool done = entries_of(evaluator, input, [&](Value&& item) {
    return evaluator.each(*call.list[0], *item,
                          [&](Value&& changed) { return insert_entry(evaluator, *changed, object); });
  });
  return done && sink(std::move(object));
}

// Every member's first result; members without one go.
bool map_values(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  if (!input.is_structured()) {
    return evaluator.fail(fmt::format("Cannot iterate over {} ({})", kind_name(input), brief(input)));
  }
  Value result;
  if (!(input.is_array() ? evaluator.start_array(result) : evaluator.start_object(result))) return false;
  for (auto item = input.begin(); item != input.end(); ++item) {
    Value changed;
    bool found = false;
    if (!evaluator.first_result(*call.list[0], *item, changed, found)) return false;
    if (!found) continue;
    if (!(input.is_array() ? evaluator.append(result, std::move(changed))
                           : evaluator.insert(result, item.key(), std::move(changed)))) {
      return false;
    }
  }
  return sink(std::move(result));
}

constexpr Builtin kObjects[] = {
    {.name = "from_entries", .value = from_entries}, {.name = "has", .arity = 1, .value = has},
    {.name = "in", .arity = 1, .value = in},         {.name = "keys", .value = keys},
    {.name = "keys_unsorted", .value = keys},        {.name = "map_values", .arity = 1, .special = map_values},
    {.name = "to_entries", .value = to_entries},     {.name = "with_entries", .arity = 1, .special = with_entries},
};

}  // namespace

std::span<const Builtin> object_builtins() {
  return kObjects;
}

}  // namespace skald::expression

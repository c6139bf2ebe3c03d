// Built-ins that let some of their input through: select, values, strings, ...
#include <cmath>

#include "engine/expression/builtins.hpp"

namespace skald::expression {
namespace {

bool select(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return evaluator.each(*call.list[0], input, [&](Value&& wanted) { return !truthy(*wanted) || sink(Value(input)); });
}

bool select_path(Evaluator& evaluator, const Node& call, const Json& input, Path&, PathSink sink) {
  return evaluator.each(*call.list[0], input, [&](Value&& wanted) { return !truthy(*wanted) || sink(input); });
}

bool empty(Evaluator&, const Node&, const Json&, Sink) {
  return true;
}

bool empty_path(Evaluator&, const Node&, const Json&, Path&, PathSink) {
  return true;
}

template <bool (*Test)(const Json&)>
bool pass(Evaluator&, const Node&, const Json& input, Sink sink) {
  return !Test(input) || sink(Value(input));
}

template <bool (*Test)(const Json&)>
bool pass_path(Evaluator&, const Node&, const Json& input, Path&, PathSink sink) {
  return !Test(input) || sink(input);
}

template <bool (*Test)(const Json&)>
constexpr Builtin selector(std::string_view name) {
  return {.name = name, .special = pass<Test>, .path = pass_path<Test>, .single = false};
}

constexpr Builtin kSelectors[] = {
    selector<[](const Json& value) { return value.is_array(); }>("arrays"),
    selector<[](const Json& value) { return value.is_boolean(); }>("booleans"),
    {.name = "empty", .special = empty, .path = empty_path, .single = false, .reads_input = false},
    selector<[](const Json& value) { return value.is_number() && std::isfinite(value.get<double>()); }>("finites"),
    selector<[](const Json& value) { return value.is_structured(); }>("iterables"),
    selector<[](const Json& value) { return value.is_number() && std::isnormal(value.get<double>()); }>("normals"),
    selector<[](const Json& value) { return value.is_null(); }>("nulls"),
    selector<[](const Json& value) { return value.is_number(); }>("numbers"),
    selector<[](const Json& value) { return value.is_object(); }>("objects"),
    selector<[](const Json& value) { return !value.is_structured(); }>("scalars"),
    {.name = "select", .arity = 1, .special = select, .path = select_path, .single = false},
    selector<[](const Json& value) { return value.is_string(); }>("strings"),
    selector<[](const Json& value) { return !value.is_null(); }>("values"),
};

}  // namespace

std::span<const Builtin> selector_builtins() {
  return kSelectors;
}

}  // namespace skald::expression

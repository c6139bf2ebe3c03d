#include "engine/dry_run/shape_reader.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/expression/builtins.hpp"
#include "engine/expression/parser.hpp"

namespace skald::dry_run {
namespace {

using expression::Kind;
using expression::Node;
using expression::Op;

// Built-ins that go through the elements of their input, and what they do with each.
constexpr std::array<std::string_view, 9> kEachOf = {"map",    "any",    "all",       "sort_by",   "group_by",
                                                     "min_by", "max_by", "unique_by", "map_values"};
// Built-ins whose input is a list.
constexpr std::array<std::string_view, 9> kOfList = {"add",    "first", "last", "join",   "sort",
                                                     "unique", "min",   "max",  "flatten"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Reader {
 public:
  Reader(const FindShape& variable, Wish wish) : variable_(variable), wish_(wish) {}

  Shape* read(const Node& node, Shape* dot) {
    switch (node.kind) {
      case Kind::kPath:
        return follow(node, node.a != nullptr ? read(*node.a, dot) : dot, 0, dot);
      case Kind::kExternal: {
        std::size_t consumed = 0;
        Shape* shape = variable_(node.name, node.fields, consumed);
        return follow(node, shape, consumed, dot);
      }
      case Kind::kPipe:
        return read(*node.b, read(*node.a, dot));
      case Kind::kAlternative: {
        Shape* shape = read(*node.a, dot);
        read(*node.b, dot);
        return shape;
      }
      case Kind::kCompare:
      case Kind::kArithmetic:
        return read_operands(node, dot), nullptr;
      case Kind::kCall:
        return read_call(node, dot);
      case Kind::kReduce:
      case Kind::kForeach:
        return read(*node.a, dot), nullptr;
      case Kind::kAssign:
      case Kind::kUpdate:
      case Kind::kOpUpdate:
        return dot;
      default:
        return read_parts(node, dot), nullptr;
    }
  }

 private:
  // The steps of a path behind `shape`; `skip` of them it stands behind already.
  Shape* follow(const Node& node, Shape* shape, std::size_t skip, Shape* dot) {
    for (const Node* key : node.keys) read(*key, dot);
    for (std::size_t i = skip; i < node.steps.size() && shape != nullptr; ++i) {
      const expression::Step& step = node.steps[i];
      switch (step.kind) {
        case expression::Step::Kind::kField:
          shape = &shape->field(step.field);
          break;
        case expression::Step::Kind::kIndex:
        case expression::Step::Kind::kEach:
          shape = &shape->element();
          break;
        case expression::Step::Kind::kSlice:
          break;
        case expression::Step::Kind::kKey:
          shape = nullptr;
          break;
      }
    }
    return shape;
  }

  void read_operands(const Node& node, Shape* dot) {
    Shape* left = read(*node.a, dot);
    Shape* right = read(*node.b, dot);
    hint(node, left, *node.b);
    hint(node, right, *node.a);
  }

  void hint(const Node& node, Shape* shape, const Node& other) const {
    if (shape == nullptr || !shape->is_open()) return;
    const bool has_constant = other.kind == Kind::kConstant && !other.constant.is_null();
    const bool is_sum = node.kind == Kind::kArithmetic && node.op == Op::kAdd;
    const bool is_number = node.kind == Kind::kArithmetic ? !is_sum : has_constant && other.constant.is_number();
    if (node.kind == Kind::kCompare && node.op == Op::kEqual && has_constant && wish_ == Wish::kEqual) {
      shape->hint(Payload::from_json(other.constant));
    } else if (is_number || (is_sum && has_constant && other.constant.is_number())) {
      shape->hint(Payload::from_json(1));
    }
  }

  Shape* read_call(const Node& node, Shape* dot) {
    const std::string_view name = node.builtin != nullptr ? node.builtin->name : std::string_view();
    const bool goes_through = contains(kEachOf, name) && !node.list.empty();
    if (dot != nullptr && (goes_through || contains(kOfList, name))) dot->element();
    Shape* input = goes_through && dot != nullptr ? &dot->element() : goes_through ? nullptr : dot;
    for (const Node* argument : node.list) read(*argument, input);
    return name == "select" ? dot : nullptr;
  }

  void read_parts(const Node& node, Shape* dot) {
    for (const Node* part : {node.a, node.b, node.c, node.d}) {
      if (part != nullptr) read(*part, dot);
    }
    for (const Node* part : node.list) read(*part, dot);
  }

  const FindShape& variable_;
  Wish wish_;
};

}  // namespace

Shape* read_shape(const expression::Expression& expression, Shape* dot, const FindShape& variable, Wish wish) {
  expression::Program program;
  if (!expression::Parser(expression.source(), {}, program).parse()) return nullptr;
  return Reader(variable, wish).read(*program.root, dot);
}

}  // namespace skald::dry_run

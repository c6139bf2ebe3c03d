// The compiled form of an expression: a tree of nodes with local variables resolved to slots.
//
// Built by the parser, read only afterwards. A node that always gives exactly one result (or an error) is marked
// `single`, which lets the evaluator return the result instead of handing it to a callback.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/expression/expression.hpp"

namespace re2 {
class RE2;
}

namespace skald::expression {

struct Builtin;
struct Format;

enum class Kind : std::uint8_t {
  kConstant,     // constant
  kPath,         // a (or the input), then steps
  kLocal,        // slot
  kExternal,     // name, fields: a variable of the environment
  kPipe,         // a | b
  kComma,        // list
  kArithmetic,   // a op b
  kCompare,      // a op b
  kNegate,       // -a
  kAnd,          // a and b
  kOr,           // a or b
  kAlternative,  // a // b
  kIf,           // list: condition, then, condition, then, ...; a: else (or the input)
  kTry,          // try a catch b
  kReduce,       // reduce a as pattern (b; c)
  kForeach,      // foreach a as pattern (b; c; d)
  kBind,         // a as pattern | b
  kObject,       // list: key, value, key, value, ...
  kArray,        // [a]
  kText,         // string with interpolations: list of parts
  kFormat,       // a | @name
  kAssign,       // a = b
  kUpdate,       // a |= b
  kOpUpdate,     // a op= b; kAlternative as op is //=
  kCall,         // builtin, list: arguments
};

enum class Op : std::uint8_t {
  kNone,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAlternative
};

struct Node;

// One step of a path. The nodes of `[key]` and `[from:to]` stand in Node::keys.
struct Step {
  enum class Kind : std::uint8_t { kField, kIndex, kEach, kKey, kSlice };

  Kind kind = Kind::kField;
  bool optional = false;
  std::string field;
  std::int64_t index = 0;
  int key = -1;  // kKey: the key; kSlice: where it starts, -1 when left out
  int to = -1;   // kSlice: where it ends, -1 when left out
  std::size_t offset = 0;
};

// The left side of `as`: $name, [patterns] or {keys: patterns}.
struct Pattern {
  enum class Kind : std::uint8_t { kVariable, kArray, kObject };
  struct Member;

  Kind kind = Kind::kVariable;
  std::uint32_t slot = 0;
  std::size_t offset = 0;
  std::vector<Pattern> elements;
  std::vector<Member> members;
};

struct Pattern::Member {
  const Node* key = nullptr;
  int slot = -1;  // of {$name: pattern}
  bool has_value = false;
  Pattern value;
};

struct Node {
  Kind kind = Kind::kConstant;
  Op op = Op::kNone;
  bool single = true;
  bool reads_input = false;
  bool is_path = false;  // may stand left of = and inside path() and del()
  std::uint32_t height = 1;
  std::uint32_t slot = 0;
  std::size_t offset = 0;
  const Node* a = nullptr;
  const Node* b = nullptr;
  const Node* c = nullptr;
  const Node* d = nullptr;
  std::vector<const Node*> list;
  std::vector<Step> steps;
  std::vector<const Node*> keys;  // of steps, in the order of evaluation: the last varies fastest
  Json constant;
  std::string name;
  std::vector<std::string> fields;
  Pattern pattern;
  const Builtin* builtin = nullptr;
  const Format* format = nullptr;
  std::shared_ptr<const re2::RE2> regex;  // of a call whose pattern is constant
};

struct Program {
  std::string source;
  std::deque<Node> nodes;
  const Node* root = nullptr;
  std::uint32_t slots = 0;
  std::vector<VariableUse> variables;
};

// Fills in single, reads_input, is_path and height from the children, which are complete.
void finish_node(Node& node);

}  // namespace skald::expression

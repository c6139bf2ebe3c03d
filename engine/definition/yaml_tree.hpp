// A YAML document as a tree with places, read through yaml-cpp's event interface.
//
// yaml-cpp's own node API accepts duplicate keys, builds self-referencing aliases and has no limits; this reader takes
// one document, typed by the YAML 1.2 core schema (`yes`, `no`, `on` and `off` are strings), within limits. Aliases
// are copied within the node and byte budgets; merge keys and application tags are refused. A JSON text is a YAML text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/limits.hpp"
#include "engine/definition/mark.hpp"
#include "engine/definition/source_text.hpp"

namespace skald::definition {

struct Node {
  enum class Kind : std::uint8_t { kNull, kBool, kInteger, kFloat, kString, kSequence, kMap };

  Kind kind = Kind::kNull;
  bool is_plain = false;          // a scalar without quotes or block indicator
  Mark mark;                      // of a null without text in a map: its key's
  std::size_t offset = 0;         // of the first byte of its properties or content
  std::string text;               // a scalar as written, unquoted and unfolded
  std::vector<Node> items;        // elements of a sequence, values of a map
  std::vector<std::string> keys;  // of a map, in document order, each once
  std::vector<Mark> key_marks;

  const Node* parent = nullptr;  // set when the tree is complete; the root outlives every use of it
  std::size_t index = 0;         // within the parent

  bool is_map() const { return kind == Kind::kMap; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_null() const { return kind == Kind::kNull; }

  // The value of a key of a map; null where there is none.
  const Node* find(std::string_view key) const;
};

struct YamlProblem {
  std::string rule;
  Mark mark;
  std::string pointer;
  std::string message;
};

struct YamlTree {
  Node root;                          // meaningful when `complete`
  bool complete = false;              // false: nothing but the problems can be said
  std::vector<YamlProblem> problems;  // duplicate keys leave the tree complete
};

// Those of a definition, where nothing else is said.
struct YamlLimits {
  std::size_t bytes = limits::kDefinitionBytesMax;
  std::size_t nodes = limits::kDefinitionNodesMax;
  std::size_t depth = limits::kDefinitionDepthMax;
};

// `source` must be the text that positions refer to. Needs more stack than a coroutine has.
YamlTree read_yaml(const SourceText& source, const YamlLimits& limits = {});

// Sets `parent` and `index` throughout; call once the root has its final address.
void link_tree(Node& root);

// RFC 6901, from the root.
std::string pointer_of(const Node& node);

// `node` as JSON. Integers beyond 64 bits become floating point.
Json to_json(const Node& node);

// "a map", "a string", ...: for messages.
std::string_view describe(Node::Kind kind);

}  // namespace skald::definition

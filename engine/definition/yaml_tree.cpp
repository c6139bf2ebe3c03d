#include "engine/definition/yaml_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "engine/base/invariant.hpp"

namespace skald::definition {
namespace {

std::string escape_pointer_part(std::string_view part) {
  std::string escaped;
  for (const char c : part) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

Json integer_to_json(const std::string& text) {
  int base = 10;
  std::string digits = text;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    digits = text.substr(2);
  }
  errno = 0;
  if (digits.starts_with('-')) {
    const long long value = std::strtoll(digits.c_str(), nullptr, base);
    if (errno == 0) return Json(value);
  } else {
    const unsigned long long value = std::strtoull(digits.c_str(), nullptr, base);
    if (errno == 0) return Json(value);
  }
  return Json(std::strtod(text.c_str(), nullptr));
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

void link_tree(Node& root) {
  for (std::size_t i = 0; i < root.items.size(); ++i) {
    Node& child = root.items[i];
    child.parent = &root;
    child.index = i;
    link_tree(child);
  }
}

std::string pointer_of(const Node& node) {
  if (node.parent == nullptr) return "";
  const Node& parent = *node.parent;
  return pointer_of(parent) + "/" +
         (parent.is_map() ? escape_pointer_part(parent.keys[node.index]) : fmt::to_string(node.index));
}

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return Json(nullptr);
    case Node::Kind::kBool:
      return Json(node.text[0] == 't' || node.text[0] == 'T');
    case Node::Kind::kInteger:
      return integer_to_json(node.text);
    case Node::Kind::kFloat:
      return Json(std::strtod(node.text.c_str(), nullptr));
    case Node::Kind::kString:
      return Json(node.text);
    case Node::Kind::kSequence: {
      Json array = Json::array();
      for (const Node& item : node.items) array.push_back(to_json(item));
      return array;
    }
    case Node::Kind::kMap: {
      Json object = Json::object();
      for (std::size_t i = 0; i < node.items.size(); ++i) object[node.keys[i]] = to_json(node.items[i]);
      return object;
    }
  }
  SKALD_INVARIANT(false);
}

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kBool:
      return "a boolean";
    case Node::Kind::kInteger:
      return "an integer";
    case Node::Kind::kFloat:
      return "a number";
    case Node::Kind::kString:
      return "a string";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  SKALD_INVARIANT(false);
}

}  // namespace skald::definition

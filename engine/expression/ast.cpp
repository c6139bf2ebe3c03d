#include "engine/expression/ast.hpp"

#include <algorithm>

#include "engine/expression/builtins.hpp"

namespace skald::expression {
namespace {

void visit_pattern(const Pattern& pattern, auto&& visit) {
  for (const auto& element : pattern.elements) visit_pattern(element, visit);
  for (const auto& member : pattern.members) {
    if (member.key) visit(*member.key);
    if (member.has_value) visit_pattern(member.value, visit);
  }
}

void visit_children(const Node& node, auto&& visit) {
  for (const Node* child : {node.a, node.b, node.c, node.d}) {
    if (child) visit(*child);
  }
  for (const Node* child : node.list) visit(*child);
  for (const Node* child : node.keys) visit(*child);
  visit_pattern(node.pattern, visit);
}

bool patterns_single(const Pattern& pattern) {
  bool single = true;
  visit_pattern(pattern, [&](const Node& key) { single = single && key.single; });
  return single;
}

bool all_single(const Node& node) {
  bool single = true;
  visit_children(node, [&](const Node& child) { single = single && child.single; });
  return single;
}

bool steps_single(const Node& node) {
  return std::none_of(node.steps.begin(), node.steps.end(),
                      [](const Step& step) { return step.kind == Step::Kind::kEach || step.optional; });
}

bool is_single(const Node& node) {
  switch (node.kind) {
    case Kind::kConstant:
    case Kind::kLocal:
    case Kind::kArray:
    case Kind::kUpdate:
      return true;
    case Kind::kComma:
      return false;
    case Kind::kForeach:
      return false;
    case Kind::kExternal:
    case Kind::kPath:
      return steps_single(node) && all_single(node);
    case Kind::kTry:
      return node.b != nullptr && all_single(node);
    case Kind::kReduce:
      return node.b->single && patterns_single(node.pattern);
    case Kind::kAssign:
    case Kind::kOpUpdate:
      return node.b->single;
    case Kind::kCall:
      return node.builtin->single && (node.builtin->special != nullptr || all_single(node));
    default:
      return all_single(node);
  }
}

bool reads_input(const Node& node) {
  const auto reads = [](const Node* child) { return child && child->reads_input; };
  const bool list_reads = std::any_of(node.list.begin(), node.list.end(), reads);
  switch (node.kind) {
    case Kind::kPath:
      return node.a == nullptr || reads(node.a) || std::any_of(node.keys.begin(), node.keys.end(), reads);
    case Kind::kExternal:
      return std::any_of(node.keys.begin(), node.keys.end(), reads);
    case Kind::kPipe:
      return reads(node.a);
    case Kind::kIf:
      return node.a == nullptr || reads(node.a) || list_reads;
    case Kind::kTry:
      return reads(node.a);
    case Kind::kReduce:
    case Kind::kForeach:
      return reads(node.a) || reads(node.b);
    case Kind::kFormat:
      return node.a == nullptr || reads(node.a);
    case Kind::kAssign:
    case Kind::kUpdate:
    case Kind::kOpUpdate:
      return true;
    case Kind::kCall:
      return node.builtin->reads_input || list_reads;
    default:
      return reads(node.a) || reads(node.b) || list_reads;
  }
}

bool is_path(const Node& node) {
  const auto path = [](const Node* child) { return child == nullptr || child->is_path; };
  switch (node.kind) {
    case Kind::kPath:
      return path(node.a);
    case Kind::kPipe:
    case Kind::kAlternative:
      return path(node.a) && path(node.b);
    case Kind::kComma:
      return std::all_of(node.list.begin(), node.list.end(), path);
    case Kind::kIf: {
      bool all = path(node.a);
      for (std::size_t i = 1; i < node.list.size(); i += 2) all = all && path(node.list[i]);
      return all;
    }
    case Kind::kTry:
      return path(node.a) && path(node.b);
    case Kind::kBind:
      return path(node.b);
    case Kind::kCall:
      return node.builtin->path != nullptr;
    default:
      return false;
  }
}

}  // namespace

void finish_node(Node& node) {
  node.height = 1;
  visit_children(node, [&](const Node& child) { node.height = std::max(node.height, child.height + 1); });
  node.single = is_single(node);
  node.reads_input = reads_input(node);
  node.is_path = is_path(node);
}

}  // namespace skald::expression

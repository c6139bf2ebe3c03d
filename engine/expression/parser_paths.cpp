// The steps of a path, and the look-up of built-ins.
#include <fmt/format.h>

#include "engine/expression/builtins.hpp"
#include "engine/expression/parser.hpp"

namespace skald::expression {

const Node* Parser::with_steps(const Node* base) {
  Node* path = nullptr;
  if (!base) {
    path = &make(Kind::kPath, token_.offset);
    if (accept(".") && token_.kind == TokenKind::kString) {
      const std::size_t offset = token_.offset;
      add_key(*path, text(offset, find_format("text")), offset);
    }
  }
  while (step(path, base)) {
  }
  return path ? finish_path(*path) : base;
}

// The node steps are added to: a new path behind `base`, or the variable itself, so that the environment sees them.
Node& Parser::extend(Node*& path, const Node* base) {
  if (path) return *path;
  if (base->kind == Kind::kExternal && base->steps.empty()) {
    path = const_cast<Node*>(base);  // ours: made a moment ago, and no other node holds it yet
  } else {
    path = &make(Kind::kPath, base->offset);
    path->a = base;
  }
  return *path;
}

bool Parser::step(Node*& path, const Node*& base) {
  const Token token = token_;
  if (token.kind == TokenKind::kField) {
    advance();
    add_key(extend(path, base), constant(std::string(token.text), token.offset), token.offset);
    return true;
  }
  if (token.is_symbol(".")) {
    advance();
    if (token_.kind == TokenKind::kString) {
      const std::size_t offset = token_.offset;
      const Node* key = text(offset, find_format("text"));
      add_key(extend(path, base), key, offset);
      return true;
    }
    if (!token_.is_symbol("[")) unexpected("a field name after '.'; unusual names are written .\"name\"");
    bracket_step(extend(path, base));
    return true;
  }
  if (token.is_symbol("[")) {
    bracket_step(extend(path, base));
    return true;
  }
  if (!token.is_symbol("?")) return false;
  advance();
  if (path && !path->steps.empty()) {
    path->steps.back().optional = true;
    return true;
  }
  Node& attempt = make(Kind::kTry, token.offset);
  attempt.a = path ? finish_path(*path) : base;
  base = finish(attempt);
  path = nullptr;
  return true;
}

void Parser::add_key(Node& path, const Node* key, std::size_t offset) {
  Step step;
  step.offset = offset;
  if (key->kind == Kind::kConstant && key->constant.is_string()) {
    step.field = key->constant.get<std::string>();
  } else if (key->kind == Kind::kConstant && key->constant.is_number_integer() && key->constant >= INT32_MIN &&
             key->constant <= INT32_MAX) {
    step.kind = Step::Kind::kIndex;
    step.index = key->constant.get<std::int64_t>();
  } else {
    step.kind = Step::Kind::kKey;
    step.key = static_cast<int>(path.keys.size());
    path.keys.push_back(key);
  }
  path.steps.push_back(std::move(step));
}

void Parser::bracket_step(Node& path) {
  const std::size_t offset = token_.offset;
  advance();
  if (accept("]")) {
    Step each;
    each.kind = Step::Kind::kEach;
    each.offset = offset;
    path.steps.push_back(std::move(each));
    return;
  }
  const Node* from = token_.is_symbol(":") ? nullptr : pipe();
  if (from && accept("]")) {
    add_key(path, from, offset);
    return;
  }
  if (!token_.is_symbol(":")) unexpected("']' or ':'");
  advance();
  Step slice;
  slice.kind = Step::Kind::kSlice;
  slice.offset = offset;
  const Node* to = from && token_.is_symbol("]") ? nullptr : pipe();
  expect("]", "to close '['");
  if (from) {
    slice.key = static_cast<int>(path.keys.size());
    path.keys.push_back(from);
  }
  if (to) {
    slice.to = static_cast<int>(path.keys.size());
    path.keys.push_back(to);
  }
  path.steps.push_back(std::move(slice));
}

// Puts the keys in the order of evaluation, which is that of jq: those of the last step first.
const Node* Parser::finish_path(Node& path) {
  std::vector<const Node*> ordered;
  ordered.reserve(path.keys.size());
  const auto place = [&](int& key) {
    if (key < 0) return;
    ordered.push_back(path.keys[static_cast<std::size_t>(key)]);
    key = static_cast<int>(ordered.size()) - 1;
  };
  for (auto step = path.steps.rbegin(); step != path.steps.rend(); ++step) {
    place(step->key);
    place(step->to);
  }
  path.keys = std::move(ordered);
  return finish(path);
}

void Parser::collect_variables() {
  for (Node& node : program_.nodes) {
    if (node.kind != Kind::kExternal) continue;
    for (const Step& step : node.steps) {
      if (step.kind != Step::Kind::kField) break;
      node.fields.push_back(step.field);
    }
    program_.variables.push_back({node.name, node.fields, node.offset});
  }
}

void Parser::check_call(const Token& name, Node& call) {
  call.builtin = find_builtin(name.text, call.list.size());
  if (!call.builtin) {
    if (const auto why = why_left_out(name.text); !why.empty()) {
      stop(fmt::format("'{}' is not part of the expression language; {}", name.text, why), name.offset);
    }
    std::string arities;
    for (std::size_t arity = 0; arity <= 3; ++arity) {
      if (!find_builtin(name.text, arity)) continue;
      if (!arities.empty()) arities += " or ";
      arities += std::to_string(arity);
    }
    if (!arities.empty()) {
      stop(fmt::format("'{}' takes {} argument{}, not {}", name.text, arities, arities == "1" ? "" : "s",
                       call.list.size()),
           name.offset);
    }
    const std::string nearest = nearest_builtin(name.text);
    std::string hint;
    if (!nearest.empty()) hint = fmt::format("; did you mean '{}'?", nearest);
    if (nearest.empty() && call.list.empty()) hint = fmt::format("; a field is written '.{}'", name.text);
    stop(fmt::format("unknown function '{}'{}", name.text, hint), name.offset);
  }
  if (call.builtin->path_argument) require_path(call.list[0], fmt::format("the argument of '{}'", name.text));
  compile_regex_argument(call);
}

// A constant pattern is compiled once, and refused with the definition instead of in the middle of an execution.
void Parser::compile_regex_argument(Node& call) {
  if (call.builtin->regex < 0) return;
  const auto index = static_cast<std::size_t>(call.builtin->regex);
  const Node& pattern = *call.list[index];
  if (pattern.kind != Kind::kConstant || !pattern.constant.is_string()) return;
  std::string flags;
  if (call.builtin->regex_flags >= 0) {
    const Node& node = *call.list[static_cast<std::size_t>(call.builtin->regex_flags)];
    if (node.kind != Kind::kConstant || !(node.constant.is_string() || node.constant.is_null())) return;
    if (node.constant.is_string()) flags = node.constant.get<std::string>();
  }
  std::string error;
  call.regex = compile_regex(pattern.constant.get_ref<const std::string&>(), flags, error);
  if (!call.regex) stop(std::move(error), pattern.offset);
}

}  // namespace skald::expression

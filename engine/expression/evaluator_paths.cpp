// Paths: reading through them, and finding out where results stand.
#include <fmt/format.h>

#include "engine/expression/access.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {

// Asks the environment for a variable; `consumed` is how many of the node's constant fields the value stands behind.
bool Evaluator::one_external(const Node& node, Value& out, std::size_t& consumed) {
  const auto found = environment_.resolve(node.name, node.fields);
  if (!found || !found->value) return fail_at(node, fmt::format("there is no variable ${} here", node.name));
  consumed = std::min(found->consumed, node.fields.size());
  out = Value(*found->value);
  return true;
}

// A path without iteration. What it walks through is not copied.
bool Evaluator::one_path(const Node& node, const Json& input, Value& out) {
  Value base;
  const Json* place = &input;
  std::size_t i = 0;
  if (node.kind == Kind::kExternal) {
    if (!one_external(node, base, i)) return false;
    place = &*base;
  } else if (node.a) {
    if (!one(*node.a, input, base)) return false;
    place = &*base;
  }
  Value scratch;
  for (; i < node.steps.size(); ++i) {
    const Step& step = node.steps[i];
    at_ = step.offset;
    if (step.kind == Step::Kind::kField) {
      place = lookup_field(*this, *place, step.field);
    } else if (step.kind == Step::Kind::kIndex) {
      place = lookup_index(*this, *place, step.index);
    } else {
      Value key;
      Value to;
      Value made;
      if (step.key >= 0 && !one(*node.keys[static_cast<std::size_t>(step.key)], input, key)) return false;
      if (step.to >= 0 && !one(*node.keys[static_cast<std::size_t>(step.to)], input, to)) return false;
      at_ = step.offset;
      if (step.kind == Step::Kind::kKey) {
        place = lookup(*this, *place, *key, made);
      } else {
        place = slice(*this, *place, *key, *to, made) ? &*made : nullptr;
      }
      if (place && made.owned()) {
        scratch = std::move(made);
        place = &*scratch;
      }
    }
    if (!place) return false;
  }
  if (scratch.owned() && place == &*scratch) {
    out = std::move(scratch);
    return true;
  }
  if (base.owned() && place == &*base) {
    out = std::move(base);
    return true;
  }
  out = Value(*place);
  return (!base.owned() && !scratch.owned()) || ensure_owned(out);
}

// Evaluates the keys of a path from the last to the first, in every combination, before its base is looked at.
bool Evaluator::with_keys(const Node& node, const Json& input, std::size_t index, std::vector<const Json*>& keys,
                          FunctionRef<bool()> body) {
  if (index == node.keys.size()) return body();
  return each(*node.keys[index], input, [&](Value&& key) {
    keys[index] = &*key;
    return with_keys(node, input, index + 1, keys, body);
  });
}

bool Evaluator::each_path(const Node& node, const Json& input, Sink sink) {
  const auto hand_on = [&](const Json& value) { return sink(Value(value)); };
  std::vector<const Json*> keys(node.keys.size());
  return with_keys(node, input, 0, keys, [&] {
    if (node.kind == Kind::kExternal) {
      Value base;
      std::size_t consumed = 0;
      return one_external(node, base, consumed) && walk(node, consumed, *base, keys, nullptr, hand_on);
    }
    if (!node.a) return walk(node, 0, input, keys, nullptr, hand_on);
    return each(*node.a, input, [&](Value&& base) { return walk(node, 0, *base, keys, nullptr, hand_on); });
  });
}

bool Evaluator::walk(const Node& node, std::size_t from, const Json& value, std::span<const Json* const> keys,
                     Path* path, FunctionRef<bool(const Json&)> sink) {
  if (from == node.steps.size()) return sink(value);
  const Frame frame(*this);
  if (!enter()) return false;
  const Step& step = node.steps[from];
  at_ = step.offset;
  if (step.kind == Step::Kind::kEach) return walk_each(node, from, value, keys, path, sink);
  Value made;
  const Json* place = nullptr;
  const auto key_at = [&](int index) -> const Json& {
    return index < 0 ? kNullJson : *keys[static_cast<std::size_t>(index)];
  };
  switch (step.kind) {
    case Step::Kind::kField:
      place = lookup_field(*this, value, step.field);
      break;
    case Step::Kind::kIndex:
      place = lookup_index(*this, value, step.index);
      break;
    case Step::Kind::kKey:
      place = lookup(*this, value, key_at(step.key), made);
      break;
    default:
      place = slice(*this, value, key_at(step.key), key_at(step.to), made) ? &*made : nullptr;
  }
  if (!place) {
    if (!step.optional || fatal_) return false;
    take_error();
    return true;
  }
  if (!path) return walk(node, from + 1, *place, keys, path, sink);
  switch (step.kind) {
    case Step::Kind::kField:
      path->emplace_back(step.field);
      break;
    case Step::Kind::kIndex:
      path->emplace_back(step.index);
      break;
    case Step::Kind::kKey:
      path->push_back(key_at(step.key));
      break;
    default:
      path->push_back(slice_key(key_at(step.key), key_at(step.to)));
  }
  const bool done = walk(node, from + 1, *place, keys, path, sink);
  path->pop_back();
  return done;
}

bool Evaluator::walk_each(const Node& node, std::size_t from, const Json& value, std::span<const Json* const> keys,
                          Path* path, FunctionRef<bool(const Json&)> sink) {
  const auto follow = [&](const Json& item, auto&& key) {
    if (!path) return walk(node, from + 1, item, keys, path, sink);
    path->emplace_back(key);
    const bool done = walk(node, from + 1, item, keys, path, sink);
    path->pop_back();
    return done;
  };
  if (value.is_array()) {
    std::int64_t index = 0;
    for (const auto& item : value.get_ref<const Json::array_t&>()) {
      if (!work(Budget::kStep / 4) || !follow(item, index++)) return false;
    }
    return true;
  }
  if (value.is_object()) {
    for (const auto& [key, item] : value.get_ref<const Json::object_t&>()) {
      if (!work(Budget::kStep / 4) || !follow(item, key)) return false;
    }
    return true;
  }
  if (node.steps[from].optional) return true;
  return fail(fmt::format("Cannot iterate over {} ({})", kind_name(value), brief(value)));
}

bool Evaluator::paths(const Node& node, const Json& input, Path& path, PathSink sink) {
  const Frame frame(*this);
  if (!enter()) return false;
  switch (node.kind) {
    case Kind::kPath: {
      std::vector<const Json*> keys(node.keys.size());
      return with_keys(node, input, 0, keys, [&] {
        if (!node.a) return walk(node, 0, input, keys, &path, sink);
        return paths(*node.a, input, path, [&](const Json& base) { return walk(node, 0, base, keys, &path, sink); });
      });
    }
    case Kind::kPipe:
      return paths(*node.a, input, path, [&](const Json& between) { return paths(*node.b, between, path, sink); });
    case Kind::kComma:
      for (const Node* item : node.list) {
        if (!paths(*item, input, path, sink)) return false;
      }
      return true;
    case Kind::kIf:
      return paths_if(node, input, 0, path, sink);
    case Kind::kTry:
      return paths_try(node, input, path, sink);
    case Kind::kAlternative:
      return paths_alternative(node, input, path, sink);
    case Kind::kBind:
      return each(*node.a, input, [&](Value&& value) {
        return bind(node.pattern, *value, input, [&] { return paths(*node.b, input, path, sink); });
      });
    case Kind::kCall:
      if (node.builtin->path) {
        at_ = node.offset;
        return node.builtin->path(*this, node, input, path, sink);
      }
      [[fallthrough]];
    default:
      return fail_at(node, "is not a path");
  }
}

bool Evaluator::paths_if(const Node& node, const Json& input, std::size_t branch, Path& path, PathSink sink) {
  if (branch >= node.list.size()) return node.a ? paths(*node.a, input, path, sink) : sink(input);
  return each(*node.list[branch], input, [&](Value&& condition) {
    return truthy(*condition) ? paths(*node.list[branch + 1], input, path, sink)
                              : paths_if(node, input, branch + 2, path, sink);
  });
}

bool Evaluator::paths_try(const Node& node, const Json& input, Path& path, PathSink sink) {
  bool stopped = false;
  const std::size_t depth = path.size();
  const bool done = paths(*node.a, input, path, [&](const Json& value) {
    stopped = !sink(value);
    return !stopped;
  });
  if (done || stopped || fatal_ || !failed_) return done;
  path.resize(depth);
  const Json error = take_error();
  return node.b ? paths(*node.b, error, path, sink) : true;
}

bool Evaluator::paths_alternative(const Node& node, const Json& input, Path& path, PathSink sink) {
  bool found = false;
  const bool done = paths(*node.a, input, path, [&](const Json& value) {
    if (!truthy(value)) return true;
    found = true;
    return sink(value);
  });
  if (!done || found) return done;
  return paths(*node.b, input, path, sink);
}

}  // namespace skald::expression

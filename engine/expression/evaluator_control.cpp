// Binding, loops, construction and assignment.
#include <fmt/format.h>

#include "engine/expression/access.hpp"
#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {

bool Evaluator::bind(const Pattern& pattern, const Json& value, const Json& input, FunctionRef<bool()> body) {
  switch (pattern.kind) {
    case Pattern::Kind::kVariable:
      slots_[pattern.slot] = &value;
      return body();
    case Pattern::Kind::kArray:
      return bind_elements(pattern, 0, value, input, body);
    default:
      return bind_members(pattern, 0, value, input, body);
  }
}

bool Evaluator::bind_elements(const Pattern& pattern, std::size_t index, const Json& value, const Json& input,
                              FunctionRef<bool()> body) {
  if (index == pattern.elements.size()) return body();
  at_ = pattern.offset;
  const Json* element = lookup_index(*this, value, static_cast<std::int64_t>(index));
  if (!element) return false;
  return bind(pattern.elements[index], *element, input,
              [&] { return bind_elements(pattern, index + 1, value, input, body); });
}

bool Evaluator::bind_members(const Pattern& pattern, std::size_t index, const Json& value, const Json& input,
                             FunctionRef<bool()> body) {
  if (index == pattern.members.size()) return body();
  const Pattern::Member& member = pattern.members[index];
  return each(*member.key, input, [&](Value&& key) {
    at_ = pattern.offset;
    Value scratch;
    const Json* found = lookup(*this, value, *key, scratch);
    if (!found) return false;
    const auto rest = [&] { return bind_members(pattern, index + 1, value, input, body); };
    if (member.slot >= 0) slots_[static_cast<std::size_t>(member.slot)] = found;
    return member.has_value ? bind(member.value, *found, input, rest) : rest();
  });
}

bool Evaluator::one_bind(const Node& node, const Json& input, Value& out) {
  Value value;
  if (!one(*node.a, input, value)) return false;
  if (node.pattern.kind == Pattern::Kind::kVariable) {
    slots_[node.pattern.slot] = &*value;
    return one(*node.b, input, out) && outlive(out, value);
  }
  return bind(node.pattern, *value, input, [&] { return one(*node.b, input, out); }) && outlive(out, value);
}

bool Evaluator::each_bind(const Node& node, const Json& input, Sink sink) {
  return each(*node.a, input, [&](Value&& value) {
    return bind(node.pattern, *value, input, [&] { return each(*node.b, input, sink); });
  });
}

// Replaces the state by the last result of the body, or by null when it has none.
bool Evaluator::reduce_step(const Node& node, Value& state) {
  const Node& body = *node.c;
  if (body.kind == Kind::kArithmetic && body.op == Op::kAdd && body.a->kind == Kind::kPath && !body.a->a &&
      body.a->steps.empty() && body.b->single) {
    // `. + x` grows the state in place.
    Value right;
    if (!one(*body.b, *state, right)) return false;
    if (!right.owned() && &*right == &*state && !ensure_owned(right)) return false;
    if (right->is_structured() && !ensure_owned(right)) return false;
    at_ = body.offset;
    Value sum;
    if (!add(*this, std::move(state), std::move(right), sum) || !ensure_owned(sum)) return false;
    state = std::move(sum);
    return true;
  }
  Value last;
  const bool done = each(body, *state, [&](Value&& value) {
    last = std::move(value);
    return ensure_owned(last);
  });
  if (done) state = std::move(last);
  return done;
}

bool Evaluator::each_reduce(const Node& node, const Json& input, Sink sink) {
  return each(*node.b, input, [&](Value&& initial) {
    Value state = std::move(initial);
    if (!ensure_owned(state)) return false;
    const bool done = each(*node.a, input, [&](Value&& item) {
      return bind(node.pattern, *item, input, [&] { return reduce_step(node, state); });
    });
    return done && sink(std::move(state));
  });
}

bool Evaluator::each_foreach(const Node& node, const Json& input, Sink sink) {
  return each(*node.b, input, [&](Value&& initial) {
    Value state = std::move(initial);
    if (!ensure_owned(state)) return false;
    return each(*node.a, input, [&](Value&& item) {
      return bind(node.pattern, *item, input, [&] {
        const Value before = std::move(state);
        state = Value();
        return each(*node.c, *before, [&](Value&& next) {
          state = std::move(next);
          if (!ensure_owned(state)) return false;
          return node.d ? each(*node.d, *state, sink) : sink(Value(*state));
        });
      });
    });
  });
}

bool Evaluator::one_array(const Node& node, const Json& input, Value& out) {
  Value array;
  if (!start_array(array)) return false;
  if (!each(*node.a, input, [&](Value&& item) { return append(array, std::move(item)); })) return false;
  out = std::move(array);
  return true;
}

bool Evaluator::one_object(const Node& node, const Json& input, Value& out) {
  Value object;
  if (!start_object(object)) return false;
  for (std::size_t i = 0; i < node.list.size(); i += 2) {
    Value key;
    Value member;
    if (!one(*node.list[i], input, key)) return false;
    if (!key->is_string()) {
      return fail_at(*node.list[i], fmt::format("Cannot use {} ({}) as object key", kind_name(*key), brief(*key)));
    }
    if (!one(*node.list[i + 1], input, member)) return false;
    if (!insert(object, key->get_ref<const std::string&>(), std::move(member))) return false;
  }
  out = std::move(object);
  return true;
}

bool Evaluator::each_object(const Node& node, const Json& input, Sink sink) {
  Value object;
  return start_object(object) && object_members(node, input, 0, object, sink);
}

// Adds the members from `index` on in every combination; the last one varies fastest.
bool Evaluator::object_members(const Node& node, const Json& input, std::size_t index, Value& object, Sink sink) {
  if (index >= node.list.size()) return sink(Value(*object));
  const Frame frame(*this);
  if (!enter()) return false;
  const Node& key_node = *node.list[index];
  const Node& value_node = *node.list[index + 1];
  return each(key_node, input, [&](Value&& key) {
    if (!key->is_string()) {
      return fail_at(key_node, fmt::format("Cannot use {} ({}) as object key", kind_name(*key), brief(*key)));
    }
    return each(value_node, input, [&](Value&& member) {
      if (key_node.single && value_node.single) {
        // Nothing to go back to: the object grows in place, and a repeated round overwrites what it adds.
        return insert(object, key->get_ref<const std::string&>(), std::move(member)) &&
               object_members(node, input, index + 2, object, sink);
      }
      Value extended;
      return give_copy(*object, extended) && insert(extended, key->get_ref<const std::string&>(), std::move(member)) &&
             object_members(node, input, index + 2, extended, sink);
    });
  });
}

bool Evaluator::one_format(const Node& node, const Json& value, Value& out) {
  at_ = node.offset;
  std::string text;
  return node.format->apply(*this, value, text) && give_text(std::move(text), out);
}

bool Evaluator::one_text(const Node& node, const Json& input, Value& out) {
  std::string text;
  for (const Node* part : node.list) {
    if (part->kind == Kind::kConstant) {
      text += part->constant.get_ref<const std::string&>();
    } else {
      Value operand;
      if (!one(*part->a, input, operand)) return false;
      at_ = part->offset;
      if (!part->format->apply(*this, *operand, text)) return false;
    }
    if (!check_room(text.size())) return false;
  }
  return give_text(std::move(text), out);
}

bool Evaluator::each_text(const Node& node, const Json& input, Sink sink) {
  std::vector<std::string> parts(node.list.size());
  return text_parts(node, input, node.list.size(), parts, sink);
}

// Evaluates the parts from the last to the first, so that the first varies fastest.
bool Evaluator::text_parts(const Node& node, const Json& input, std::size_t remaining, std::vector<std::string>& parts,
                           Sink sink) {
  if (remaining == 0) {
    std::size_t size = 0;
    for (const auto& part : parts) size += part.size();
    if (!check_room(size)) return false;
    std::string text;
    text.reserve(size);
    for (const auto& part : parts) text += part;
    Value result;
    return give_text(std::move(text), result) && sink(std::move(result));
  }
  const Node& part = *node.list[remaining - 1];
  if (part.kind == Kind::kConstant) {
    parts[remaining - 1] = part.constant.get_ref<const std::string&>();
    return text_parts(node, input, remaining - 1, parts, sink);
  }
  return each(*part.a, input, [&](Value&& operand) {
    parts[remaining - 1].clear();
    at_ = part.offset;
    return part.format->apply(*this, *operand, parts[remaining - 1]) && check_room(parts[remaining - 1].size()) &&
           text_parts(node, input, remaining - 1, parts, sink);
  });
}

bool Evaluator::each_assign(const Node& node, const Json& input, Sink sink) {
  return each(*node.b, input, [&](Value&& operand) {
    Value result;
    return update_paths(node, input, &*operand, result) && sink(std::move(result));
  });
}

// `paths = operand`, `paths |= update` and `paths op= operand`, on a copy of the input. Places whose update has no
// result are deleted, all at once and last.
bool Evaluator::update_paths(const Node& node, const Json& input, const Json* operand, Value& out) {
  std::vector<Path> places;
  Path path;
  std::size_t keys = 0;
  const bool found = paths(*node.a, input, path, [&](const Json&) {
    places.push_back(path);
    keys += path.size();
    return work(16 * (path.size() + 1)) && check_room(keys * Extent::kMember);
  });
  if (!found) return false;
  Value copy;
  if (!give_copy(input, copy)) return false;
  Json root = copy.release_json();
  std::vector<Path> emptied;
  std::size_t written = 0;
  for (auto& place : places) {
    Json next;
    Extent extent;
    if (node.kind == Kind::kAssign) {
      if (!take(Value(*operand), next, extent)) return false;
    } else {
      at_ = node.offset;
      Value scratch;
      const Json* current = get_path(*this, root, place, scratch);
      if (!current) return false;
      Value updated;
      bool any = true;
      if (node.kind == Kind::kUpdate) {
        if (!first_result(*node.b, *current, updated, any)) return false;
      } else if (node.op == Op::kAlternative) {
        updated = Value(truthy(*current) ? *current : *operand);
      } else if (!apply(node, Value(*current), Value(*operand), updated)) {
        return false;
      }
      if (!any) {
        emptied.push_back(std::move(place));
        continue;
      }
      if (!take(std::move(updated), next, extent)) return false;
    }
    written += extent.bytes;
    at_ = node.offset;
    if (!check_room(written) || !set_path(*this, root, place, std::move(next))) return false;
  }
  if (!emptied.empty() && !delete_paths(*this, root, std::move(emptied))) return false;
  return give(std::move(root), out);
}

}  // namespace skald::expression

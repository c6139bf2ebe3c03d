// Built-ins on paths: path, paths, getpath, setpath, del, and the elements at the ends of an array.
#include <fmt/format.h>

#include "engine/expression/access.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

bool give_path(Evaluator& evaluator, const Path& path, Value& out) {
  if (!evaluator.start_array(out)) return false;
  for (const auto& key : path) {
    if (!evaluator.append(out, Value(key))) return false;
  }
  return true;
}

bool path_of(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Path path;
  return evaluator.paths(*call.list[0], input, path, [&](const Json&) {
    Value result;
    return give_path(evaluator, path, result) && sink(std::move(result));
  });
}

// Everything below `value`, parents first.
bool below(Evaluator& evaluator, const Json& value, Path& path, FunctionRef<bool(const Json&)> f) {
  if (!value.is_structured()) return true;
  if (path.size() > kJsonDepthMax) return evaluator.fail_limit("a value is nested too deep");
  std::int64_t index = 0;
  for (auto item = value.begin(); item != value.end(); ++item) {
    if (!evaluator.work(Budget::kStep)) return false;
    if (value.is_object()) {
      path.emplace_back(item.key());
    } else {
      path.emplace_back(index++);
    }
    const bool done = f(*item) && below(evaluator, *item, path, f);
    path.pop_back();
    if (!done) return false;
  }
  return true;
}

bool all_paths(Evaluator& evaluator, const Node&, const Json& input, Sink sink) {
  Path path;
  return below(evaluator, input, path, [&](const Json&) {
    Value result;
    return give_path(evaluator, path, result) && sink(std::move(result));
  });
}

bool chosen_paths(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Path path;
  return below(evaluator, input, path, [&](const Json& value) {
    return evaluator.each(*call.list[0], value, [&](Value&& chosen) {
      if (!truthy(*chosen)) return true;
      Value result;
      return give_path(evaluator, path, result) && sink(std::move(result));
    });
  });
}

bool leaf_paths(Evaluator& evaluator, const Node&, const Json& input, Sink sink) {
  Path path;
  return below(evaluator, input, path, [&](const Json& value) {
    if (value.is_structured() || !truthy(value)) return true;  // paths(scalars): null and false are not chosen
    Value result;
    return give_path(evaluator, path, result) && sink(std::move(result));
  });
}

bool check_path(Evaluator& evaluator, const Json& path) {
  return path.is_array() || evaluator.fail("Path must be specified as an array");
}

bool getpath(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!check_path(evaluator, *arguments[0])) return false;
  Value scratch;
  const Json* found = get_path(evaluator, input, arguments[0]->get_ref<const Json::array_t&>(), scratch);
  if (!found) return false;
  if (scratch.owned()) return evaluator.give_copy(*found, out);
  out = Value(*found);
  return true;
}

bool getpath_path(Evaluator& evaluator, const Node& call, const Json& input, Path& path, PathSink sink) {
  return evaluator.with_arguments(call, input, [&](Arguments arguments) {
    if (!check_path(evaluator, *arguments[0])) return false;
    const auto& keys = arguments[0]->get_ref<const Json::array_t&>();
    Value scratch;
    const Json* found = get_path(evaluator, input, keys, scratch);
    if (!found) return false;
    const std::size_t before = path.size();
    path.insert(path.end(), keys.begin(), keys.end());
    const bool done = evaluator.work(keys.size()) && sink(*found);
    path.resize(before);
    return done;
  });
}

bool setpath(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!check_path(evaluator, *arguments[0])) return false;
  Value copy;
  if (!evaluator.give_copy(input, copy)) return false;
  Json root = copy.release_json();
  Json value;
  Extent extent;
  return evaluator.take(std::move(arguments[1]), value, extent) && evaluator.check_room(extent.bytes) &&
         set_path(evaluator, root, arguments[0]->get_ref<const Json::array_t&>(), std::move(value)) &&
         evaluator.give(std::move(root), out);
}

bool without(Evaluator& evaluator, const Json& input, std::vector<Path> paths, Value& out) {
  Value copy;
  if (!evaluator.give_copy(input, copy)) return false;
  Json root = copy.release_json();
  return delete_paths(evaluator, root, std::move(paths)) && evaluator.give(std::move(root), out);
}

bool delpaths(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  const Json& list = *arguments[0];
  if (!list.is_array()) return evaluator.fail("Paths must be specified as an array");
  std::vector<Path> paths;
  for (const auto& path : list) {
    if (!path.is_array()) {
      return evaluator.fail(fmt::format("Path must be specified as array, not {}", kind_name(path)));
    }
    if (!evaluator.work(4 + path.size())) return false;
    paths.push_back(path.get_ref<const Json::array_t&>());
  }
  return without(evaluator, input, std::move(paths), out);
}

bool del(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  std::vector<Path> places;
  Path path;
  std::size_t keys = 0;
  const bool found = evaluator.paths(*call.list[0], input, path, [&](const Json&) {
    places.push_back(path);
    keys += path.size();
    return evaluator.work(16 * (path.size() + 1)) && evaluator.check_room(keys * Extent::kMember);
  });
  if (!found) return false;
  Value result;
  return without(evaluator, input, std::move(places), result) && sink(std::move(result));
}

template <int Index>
bool at(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  const Json* found = lookup_index(evaluator, input, Index);
  if (found) out = Value(*found);
  return found != nullptr;
}

template <int Index>
bool at_path(Evaluator& evaluator, const Node&, const Json& input, Path& path, PathSink sink) {
  const Json* found = lookup_index(evaluator, input, Index);
  if (!found) return false;
  path.emplace_back(Index);
  const bool done = sink(*found);
  path.pop_back();
  return done;
}

bool nth(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  Value scratch;
  const Json* found = lookup(evaluator, input, *arguments[0], scratch);
  if (!found) return false;
  if (scratch.owned()) {
    out = std::move(scratch);
  } else {
    out = Value(*found);
  }
  return true;
}

bool nth_path(Evaluator& evaluator, const Node& call, const Json& input, Path& path, PathSink sink) {
  return evaluator.with_arguments(call, input, [&](Arguments arguments) {
    Value scratch;
    const Json* found = lookup(evaluator, input, *arguments[0], scratch);
    if (!found) return false;
    path.push_back(*arguments[0]);
    const bool done = sink(*found);
    path.pop_back();
    return done;
  });
}

constexpr Builtin kPaths[] = {
    {.name = "del", .arity = 1, .special = del, .path_argument = true},
    {.name = "delpaths", .arity = 1, .value = delpaths},
    {.name = "first", .value = at<0>, .path = at_path<0>},
    {.name = "getpath", .arity = 1, .value = getpath, .path = getpath_path},
    {.name = "last", .value = at<-1>, .path = at_path<-1>},
    {.name = "leaf_paths", .special = leaf_paths, .single = false},
    {.name = "nth", .arity = 1, .value = nth, .path = nth_path},
    {.name = "path", .arity = 1, .special = path_of, .single = false, .path_argument = true},
    {.name = "paths", .special = all_paths, .single = false},
    {.name = "paths", .arity = 1, .special = chosen_paths, .single = false},
    {.name = "setpath", .arity = 2, .value = setpath, .first_outer = false},
};

}  // namespace

std::span<const Builtin> path_builtins() {
  return kPaths;
}

}  // namespace skald::expression

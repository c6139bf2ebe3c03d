#include "engine/expression/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/expression/compare.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

constexpr std::size_t kNameShownMax = 30;

const Json* cannot_index(Evaluator& evaluator, const Json& value, const Json& key) {
  if (key.is_string() && key.get_ref<const std::string&>().size() < kNameShownMax) {
    evaluator.fail(
        fmt::format("Cannot index {} with string \"{}\"", kind_name(value), key.get_ref<const std::string&>()));
  } else {
    evaluator.fail(fmt::format("Cannot index {} with {}", kind_name(value), kind_name(key)));
  }
  return nullptr;
}

// A number as an index; false for one with a fraction or beyond 32 bits, which nothing stands at.
bool whole_index(const Json& key, std::int64_t& index) {
  const double number = key.get<double>();
  if (!(std::abs(number) <= std::numeric_limits<std::int32_t>::max()) || number != std::trunc(number)) return false;
  index = static_cast<std::int64_t>(number);
  return true;
}

// Where writing to `key` goes: jq cuts the fraction off.
std::int64_t cut_index(const Json& key) {
  const double number = key.get<double>();
  if (std::isnan(number)) return 0;
  return static_cast<std::int64_t>(std::clamp(number, -0x1p31, 0x1p31));
}

bool find_array(Evaluator& evaluator, const Json& value, const Json& part, Value& out) {
  if (!evaluator.start_array(out)) return false;
  const auto& items = value.get_ref<const Json::array_t&>();
  const auto& wanted = part.get_ref<const Json::array_t&>();
  if (wanted.empty()) return true;
  for (std::size_t i = 0; i + wanted.size() <= items.size(); ++i) {
    bool equal = true;
    for (std::size_t j = 0; equal && j < wanted.size(); ++j) {
      std::size_t looked_at = 0;
      equal = equal_values(items[i + j], wanted[j], looked_at);
      if (!evaluator.work(looked_at)) return false;
    }
    if (equal && !evaluator.append(out, Value::scalar(Json(static_cast<std::int64_t>(i))))) return false;
  }
  return true;
}

// An end of a slice; one that is missing is not null to jq, but nothing it accepts.
const Json& slice_end(const Json& object, const char* name) {
  static const Json kMissing = false;
  const auto found = object.find(name);
  return found == object.end() ? kMissing : *found;
}

}  // namespace

const Json* lookup_field(Evaluator& evaluator, const Json& value, const std::string& field) {
  if (value.is_object()) {
    const auto& members = value.get_ref<const Json::object_t&>();
    const auto found = members.find(field);
    return found == members.end() ? &kNullJson : &found->second;
  }
  if (value.is_null()) return &kNullJson;
  return cannot_index(evaluator, value, Json(field));
}

const Json* lookup_index(Evaluator& evaluator, const Json& value, std::int64_t index) {
  if (value.is_array()) {
    const auto& items = value.get_ref<const Json::array_t&>();
    if (index < 0) index += static_cast<std::int64_t>(items.size());
    if (index < 0 || index >= static_cast<std::int64_t>(items.size())) return &kNullJson;
    return &items[static_cast<std::size_t>(index)];
  }
  if (value.is_null()) return &kNullJson;
  return cannot_index(evaluator, value, Json(index));
}

const Json* lookup(Evaluator& evaluator, const Json& value, const Json& key, Value& scratch) {
  if (key.is_string()) return lookup_field(evaluator, value, key.get_ref<const std::string&>());
  if (key.is_number()) {
    std::int64_t index = 0;
    if (value.is_array() && !whole_index(key, index)) return &kNullJson;
    return lookup_index(evaluator, value, index);
  }
  if (key.is_object()) {
    if (value.is_null()) return &kNullJson;
    if (!value.is_array() && !value.is_string()) return cannot_index(evaluator, value, key);
    const bool done = slice(evaluator, value, slice_end(key, "start"), slice_end(key, "end"), scratch);
    return done ? &*scratch : nullptr;
  }
  if (key.is_array() && value.is_array()) return find_array(evaluator, value, key, scratch) ? &*scratch : nullptr;
  return cannot_index(evaluator, value, key);
}

bool slice_bounds(const Json& start, const Json& end, std::size_t size, std::size_t& from, std::size_t& to) {
  if (!(start.is_null() || start.is_number()) || !(end.is_null() || end.is_number())) return false;
  const auto length = static_cast<double>(size);
  double first = start.is_null() ? 0 : start.get<double>();
  double last = end.is_null() ? length : end.get<double>();
  if (std::isnan(first)) first = 0;
  if (std::isnan(last)) last = length;
  if (first < 0) first += length;
  if (last < 0) last += length;
  first = std::clamp(std::floor(first), 0.0, length);
  last = std::clamp(std::ceil(last), first, length);
  from = static_cast<std::size_t>(first);
  to = static_cast<std::size_t>(last);
  return true;
}

bool slice(Evaluator& evaluator, const Json& value, const Json& start, const Json& end, Value& out) {
  if (value.is_null()) {
    out = Value(kNullJson);
    return true;
  }
  std::size_t from = 0;
  std::size_t to = 0;
  if (value.is_array()) {
    const auto& items = value.get_ref<const Json::array_t&>();
    if (!slice_bounds(start, end, items.size(), from, to)) {
      return evaluator.fail("Start and end indices of an array slice must be numbers");
    }
    if (!evaluator.start_array(out)) return false;
    for (std::size_t i = from; i < to; ++i) {
      if (!evaluator.append(out, Value(items[i]))) return false;
    }
    return true;
  }
  if (!value.is_string()) return evaluator.fail(fmt::format("Cannot index {} with object", kind_name(value)));
  const std::string_view text = value.get_ref<const std::string&>();
  if (!evaluator.work(text.size() / 4)) return false;
  if (!slice_bounds(start, end, utf8_count(text), from, to)) {
    return evaluator.fail("Start and end indices of an string slice must be numbers");
  }
  const std::size_t begin = utf8_offset(text, from);
  const std::size_t length = utf8_offset(text.substr(begin), to - from);
  return evaluator.give_text(std::string(text.substr(begin, length)), out);
}

Json slice_key(const Json& start, const Json& end) {
  return Json{{"start", start}, {"end", end}};
}

const Json* get_path(Evaluator& evaluator, const Json& root, std::span<const Json> path, Value& scratch) {
  const Json* place = &root;
  for (const auto& key : path) {
    if (!evaluator.work(Budget::kStep / 4)) return nullptr;
    Value made;
    place = lookup(evaluator, *place, key, made);
    if (!place) return nullptr;
    // What was made may hang on what `scratch` holds; it is kept until the next one replaces it.
    if (made.owned()) {
      scratch = std::move(made);
      place = &*scratch;
    }
  }
  return place;
}

namespace {

bool set_slice(Evaluator& evaluator, Json& root, const Json& key, std::span<const Json> rest, Json&& value) {
  if (root.is_null()) root = Json::array();
  if (!root.is_array()) {
    return evaluator.fail(fmt::format("Cannot update field at object index of {}", kind_name(root)));
  }
  auto& items = root.get_ref<Json::array_t&>();
  std::size_t from = 0;
  std::size_t to = 0;
  if (!slice_bounds(slice_end(key, "start"), slice_end(key, "end"), items.size(), from, to)) {
    return evaluator.fail("Start and end indices of an array slice must be numbers");
  }
  const auto begin = items.begin() + static_cast<std::ptrdiff_t>(from);
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(to);
  if (!evaluator.work(items.size())) return false;
  Json part;
  if (!rest.empty()) {
    part = Json(Json::array_t(begin, end));
    if (!set_path(evaluator, part, rest, std::move(value))) return false;
  } else {
    part = std::move(value);
  }
  if (!part.is_array()) return evaluator.fail("A slice of an array can only be assigned another array");
  auto& replacement = part.get_ref<Json::array_t&>();
  const auto hole = items.erase(begin, end);
  items.insert(hole, std::make_move_iterator(replacement.begin()), std::make_move_iterator(replacement.end()));
  return true;
}

// The place `key` names in `root`, made when it is missing.
Json* make_place(Evaluator& evaluator, Json& root, const Json& key) {
  if (key.is_string() && (root.is_object() || root.is_null())) {
    if (root.is_null()) root = Json::object();
    if (!evaluator.work(16)) return nullptr;
    return &root.get_ref<Json::object_t&>()[key.get_ref<const std::string&>()];
  }
  if (key.is_number() && (root.is_array() || root.is_null())) {
    if (root.is_null()) root = Json::array();
    auto& items = root.get_ref<Json::array_t&>();
    std::int64_t index = cut_index(key);
    if (index < 0) index += static_cast<std::int64_t>(items.size());
    if (index < 0) {
      evaluator.fail("Out of bounds negative array index");
      return nullptr;
    }
    const auto place = static_cast<std::size_t>(index);
    if (place >= items.size()) {
      const std::size_t added = place + 1 - items.size();
      if (!evaluator.check_room(added * Extent::kScalar) || !evaluator.work(added)) return nullptr;
      items.resize(place + 1);
    }
    return &items[place];
  }
  Value scratch;
  if (lookup(evaluator, root, key, scratch)) {
    evaluator.fail(fmt::format("Cannot update field at {} index of {}", kind_name(key), kind_name(root)));
  }
  return nullptr;
}

}  // namespace

bool set_path(Evaluator& evaluator, Json& root, std::span<const Json> path, Json&& value) {
  if (path.size() > kJsonDepthMax) {
    return evaluator.fail_limit(fmt::format("a value is nested deeper than {} levels", kJsonDepthMax));
  }
  Json* place = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!evaluator.work(Budget::kStep / 4)) return false;
    if (path[i].is_object()) return set_slice(evaluator, *place, path[i], path.subspan(i + 1), std::move(value));
    place = make_place(evaluator, *place, path[i]);
    if (!place) return false;
  }
  *place = std::move(value);
  return true;
}

namespace {

// Paths below one value, by how many of their keys were followed already.
struct Branch {
  std::span<const Path> paths;  // sorted
  std::size_t depth = 0;
};

bool delete_keys(Evaluator& evaluator, Json& root, std::span<const Json* const> keys);
bool delete_branch(Evaluator& evaluator, Json& root, Branch branch);

bool delete_below(Evaluator& evaluator, Json& root, const Json& key, Branch branch) {
  Value scratch;
  const Json* found = lookup(evaluator, root, key, scratch);
  if (!found) return false;
  if (found->is_null()) return true;
  if (!key.is_object()) {
    Json* place = make_place(evaluator, root, key);
    return place && delete_branch(evaluator, *place, branch);
  }
  Json part = *found;
  if (!delete_branch(evaluator, part, branch)) return false;
  const Json path[] = {key};
  return set_path(evaluator, root, path, std::move(part));
}

bool delete_branch(Evaluator& evaluator, Json& root, Branch branch) {
  std::vector<const Json*> whole;
  for (std::size_t i = 0; i < branch.paths.size();) {
    const Json& key = branch.paths[i][branch.depth];
    std::size_t j = i;
    int order = 0;
    while (j < branch.paths.size()) {
      if (!evaluator.compare(key, branch.paths[j][branch.depth], order)) return false;
      if (order != 0) break;
      ++j;
    }
    j = std::max(j, i + 1);
    if (branch.paths[i].size() == branch.depth + 1) {
      whole.push_back(&key);  // the longer paths with this beginning go with it
    } else if (!delete_below(evaluator, root, key, {branch.paths.subspan(i, j - i), branch.depth + 1})) {
      return false;
    }
    i = j;
  }
  return delete_keys(evaluator, root, whole);
}

bool delete_elements(Evaluator& evaluator, Json& root, std::span<const Json* const> keys) {
  auto& items = root.get_ref<Json::array_t&>();
  std::vector<bool> gone(items.size(), false);
  for (const Json* key : keys) {
    std::size_t from = 0;
    std::size_t to = 0;
    if (key->is_number()) {
      std::int64_t index = cut_index(*key);
      if (index < 0) index += static_cast<std::int64_t>(items.size());
      if (index < 0 || index >= static_cast<std::int64_t>(items.size())) continue;
      from = static_cast<std::size_t>(index);
      to = from + 1;
    } else if (!key->is_object()) {
      return evaluator.fail(fmt::format("Cannot delete {} element of array", kind_name(*key)));
    } else if (!slice_bounds(slice_end(*key, "start"), slice_end(*key, "end"), items.size(), from, to)) {
      return evaluator.fail("Start and end indices of an array slice must be numbers");
    }
    if (!evaluator.work(to - from)) return false;
    std::fill(gone.begin() + static_cast<std::ptrdiff_t>(from), gone.begin() + static_cast<std::ptrdiff_t>(to), true);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (gone[i]) continue;
    if (kept != i) items[kept] = std::move(items[i]);
    ++kept;
  }
  items.resize(kept);
  return evaluator.work(gone.size());
}

bool delete_keys(Evaluator& evaluator, Json& root, std::span<const Json* const> keys) {
  if (keys.empty() || root.is_null()) return true;
  if (root.is_array()) return delete_elements(evaluator, root, keys);
  if (!root.is_object()) return evaluator.fail(fmt::format("Cannot delete fields from {}", kind_name(root)));
  for (const Json* key : keys) {
    if (!key->is_string()) return evaluator.fail(fmt::format("Cannot delete {} field of object", kind_name(*key)));
    root.erase(key->get_ref<const std::string&>());
  }
  return true;
}

}  // namespace

bool delete_paths(Evaluator& evaluator, Json& root, std::vector<Path> paths) {
  std::size_t looked_at = 0;
  std::sort(paths.begin(), paths.end(), [&](const Path& left, const Path& right) {
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
      if (const int order = compare_values(left[i], right[i], looked_at, 0)) return order < 0;
    }
    return left.size() < right.size();
  });
  if (!evaluator.work(looked_at)) return false;
  if (paths.empty()) return true;
  if (paths.front().empty()) {
    root = nullptr;
    return true;
  }
  return delete_branch(evaluator, root, {paths, 0});
}

bool has_key(Evaluator& evaluator, const Json& value, const Json& key, bool& has) {
  if (value.is_null()) {
    has = false;
  } else if (value.is_object() && key.is_string()) {
    has = value.contains(key.get_ref<const std::string&>());
  } else if (value.is_array() && key.is_number()) {
    const double index = std::trunc(key.get<double>());
    has = index >= 0 && index < static_cast<double>(value.size());
  } else {
    return evaluator.fail(fmt::format("Cannot check whether {} has a {} key", kind_name(value), kind_name(key)));
  }
  return true;
}

}  // namespace skald::expression

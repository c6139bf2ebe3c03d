// Errors, the budget, and building values.
#include <fmt/format.h>

#include "engine/expression/evaluator.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {

bool Evaluator::fail(std::string message) {
  return fail_at(at_, std::move(message));
}

bool Evaluator::fail_at(const Node& node, std::string message) {
  return fail_at(node.offset, std::move(message));
}

bool Evaluator::fail_at(std::size_t offset, std::string message) {
  if (failed_) return false;
  failed_ = true;
  user_error_ = false;
  error_offset_ = offset;
  error_ = std::move(message);
  return false;
}

bool Evaluator::fail_value(Json&& value) {
  if (failed_) return false;
  failed_ = true;
  user_error_ = true;
  error_offset_ = at_;
  error_ = std::move(value);
  return false;
}

bool Evaluator::fail_limit(std::string message) {
  if (fatal_) return false;
  failed_ = true;
  fatal_ = true;
  user_error_ = true;
  error_offset_ = at_;
  error_ = std::move(message);
  return false;
}

bool Evaluator::fail_steps() {
  return fail_limit(fmt::format("needs more than {} evaluation steps", limits_.steps_max));
}

bool Evaluator::fail_bytes() {
  return fail_limit(fmt::format("its values are larger than {} bytes", limits_.value_bytes_max));
}

bool Evaluator::fail_type(const Json& value, std::string_view why) {
  return fail(fmt::format("{} ({}) {}", kind_name(value), brief(value), why));
}

bool Evaluator::fail_types(const Json& left, const Json& right, std::string_view why) {
  return fail(fmt::format("{} ({}) and {} ({}) {}", kind_name(left), brief(left), kind_name(right), brief(right), why));
}

Json Evaluator::take_error() {
  failed_ = false;
  return std::move(error_);
}

bool Evaluator::give(Json&& value, Value& out) {
  if (!value.is_structured() && !value.is_string()) {
    out = Value::scalar(std::move(value));
    return true;
  }
  const Extent extent = extent_of(value);
  out = Value(std::move(value), extent, budget_);
  if (extent.depth > kJsonDepthMax) {
    return fail_limit(fmt::format("a value is nested deeper than {} levels", kJsonDepthMax));
  }
  return work(extent.bytes / 4) && check_bytes();
}

bool Evaluator::give_text(std::string&& text, Value& out) {
  const Extent extent{Extent::kContainer + text.size(), 0};
  out = Value(Json(std::move(text)), extent, budget_);
  return work(extent.bytes / 4) && check_bytes();
}

bool Evaluator::give_copy(const Json& value, Value& out) {
  if (!value.is_structured() && !value.is_string()) {
    out = Value::scalar(Json(value));
    return true;
  }
  const Extent extent = extent_of(value);
  if (!work(extent.bytes / 4) || !check_room(extent.bytes)) return false;
  out = Value(Json(value), extent, budget_);
  return true;
}

bool Evaluator::ensure_owned(Value& value) {
  if (value.owned()) return true;
  Value copy;
  if (!give_copy(*value, copy)) return false;
  value = std::move(copy);
  return true;
}

bool Evaluator::outlive(Value& inner, Value& outer) {
  if (!outer.owned() || inner.owned()) return true;
  if (&*inner == &*outer) {
    inner = std::move(outer);
    return true;
  }
  return ensure_owned(inner);
}

bool Evaluator::take(Value&& value, Json& out, Extent& extent) {
  if (value.owned()) {
    extent = value.extent();
    out = value.release_json();
    return true;
  }
  const Json& borrowed = *value;
  if (borrowed.is_structured() || borrowed.is_string()) {
    extent = extent_of(borrowed);
    if (!work(extent.bytes / 4) || !check_room(extent.bytes)) return false;
  } else {
    extent = {};
  }
  out = borrowed;
  return true;
}

bool Evaluator::start_array(Value& out) {
  out = Value(Json::array(), Extent{Extent::kContainer, 1}, budget_);
  return check_bytes();
}

bool Evaluator::append(Value& array, Value&& item) {
  Json json;
  Extent extent;
  if (!take(std::move(item), json, extent)) return false;
  array.grow(extent);
  if (array.extent().depth > kJsonDepthMax) {
    return fail_limit(fmt::format("a value is nested deeper than {} levels", kJsonDepthMax));
  }
  array.own().get_ref<Json::array_t&>().push_back(std::move(json));
  return work(8) && check_bytes();
}

bool Evaluator::start_object(Value& out) {
  out = Value(Json::object(), Extent{Extent::kContainer, 1}, budget_);
  return check_bytes();
}

bool Evaluator::insert(Value& object, const std::string& key, Value&& item) {
  Json json;
  Extent extent;
  if (!take(std::move(item), json, extent)) return false;
  auto& members = object.own().get_ref<Json::object_t&>();
  const auto place = members.lower_bound(key);
  const bool replaces = place != members.end() && place->first == key;
  if (replaces) object.shrink_bytes(extent_of(place->second).bytes + Extent::kMember + key.size());
  object.grow({extent.bytes + Extent::kMember + key.size(), extent.depth});
  if (object.extent().depth > kJsonDepthMax) {
    return fail_limit(fmt::format("a value is nested deeper than {} levels", kJsonDepthMax));
  }
  if (replaces) {
    place->second = std::move(json);
  } else {
    members.emplace_hint(place, key, std::move(json));
  }
  return work(16 + key.size() / 4) && check_bytes();
}

}  // namespace skald::expression

#include "engine/expression/arithmetic.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/expression/compare.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

__extension__ using Wide = __int128;

bool is_integer(const Json& value) {
  return value.is_number_integer();
}  // unsigned ones included

Wide wide(const Json& value) {
  return value.is_number_unsigned() ? static_cast<Wide>(value.get<std::uint64_t>())
                                    : static_cast<Wide>(value.get<std::int64_t>());
}

Json from_wide(Wide value) {
  if (value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max()) {
    return Json(static_cast<std::int64_t>(value));
  }
  if (value >= 0 && value <= static_cast<Wide>(std::numeric_limits<std::uint64_t>::max())) {
    return Json(static_cast<std::uint64_t>(value));
  }
  return Json(static_cast<double>(value));
}

bool both_numbers(const Json& left, const Json& right) {
  return left.is_number() && right.is_number();
}

bool merge(Evaluator& evaluator, Value&& left, Value&& right, Value& out) {
  if (!evaluator.ensure_owned(left)) return false;
  out = std::move(left);
  for (const auto& [key, member] : right->get_ref<const Json::object_t&>()) {
    if (!evaluator.insert(out, key, Value(member))) return false;
  }
  return true;
}

bool concatenate(Evaluator& evaluator, Value&& left, Value&& right, Value& out) {
  if (!evaluator.ensure_owned(left)) return false;
  out = std::move(left);
  if (right.owned()) {
    auto& items = right.own().get_ref<Json::array_t&>();
    for (auto& item : items) {
      const Extent extent = extent_of(item);
      if (!evaluator.work(4 + extent.bytes / 4)) return false;
      out.grow(extent);
      out.own().push_back(std::move(item));
    }
    return evaluator.check_bytes();
  }
  for (const auto& item : right->get_ref<const Json::array_t&>()) {
    if (!evaluator.append(out, Value(item))) return false;
  }
  return true;
}

bool add_text(Evaluator& evaluator, Value&& left, Value&& right, Value& out) {
  const auto& tail = right->get_ref<const std::string&>();
  if (!evaluator.check_room(left->get_ref<const std::string&>().size() + tail.size())) return false;
  if (!evaluator.work(tail.size() / 4) || !evaluator.ensure_owned(left)) return false;
  left.own().get_ref<std::string&>() += tail;
  left.grow_bytes(tail.size());
  out = std::move(left);
  return evaluator.check_bytes();
}

bool repeat(Evaluator& evaluator, const std::string& text, double times, Value& out) {
  if (!(times > 0)) {
    out = Value(kNullJson);
    return true;
  }
  const double count = std::max(1.0, std::ceil(times - 1) < times - 1 ? times : std::floor(times));
  if (count * static_cast<double>(text.size()) > static_cast<double>(evaluator.limits().value_bytes_max)) {
    return evaluator.check_room(evaluator.limits().value_bytes_max + 1);
  }
  const auto copies = static_cast<std::size_t>(count * static_cast<double>(text.size()) > 0 ? count : 0);
  if (!evaluator.check_room(text.size() * copies)) return false;
  std::string result;
  result.reserve(text.size() * copies);
  for (std::size_t i = 0; i < copies; ++i) result += text;
  return evaluator.give_text(std::move(result), out);
}

bool merge_deep(Evaluator& evaluator, Json& left, const Json& right) {
  for (const auto& [key, member] : right.get_ref<const Json::object_t&>()) {
    if (!evaluator.work(Budget::kStep)) return false;
    auto found = left.find(key);
    if (found != left.end() && found->is_object() && member.is_object()) {
      if (!merge_deep(evaluator, *found, member)) return false;
    } else {
      const Extent extent = extent_of(member);
      if (!evaluator.work(extent.bytes / 4) || !evaluator.check_room(extent.bytes)) return false;
      left[key] = member;
    }
  }
  return true;
}

}  // namespace

Json number(double value) {
  if (value == std::trunc(value) && std::abs(value) < 0x1p53 && !(value == 0 && std::signbit(value))) {
    return Json(static_cast<std::int64_t>(value));
  }
  return Json(value);
}

bool add(Evaluator& evaluator, Value&& left, Value&& right, Value& out) {
  if (left->is_null()) {
    out = std::move(right);
    return true;
  }
  if (right->is_null()) {
    out = std::move(left);
    return true;
  }
  if (both_numbers(*left, *right)) {
    out = Value::scalar(is_integer(*left) && is_integer(*right) ? from_wide(wide(*left) + wide(*right))
                                                                : number(left->get<double>() + right->get<double>()));
    return true;
  }
  if (left->is_string() && right->is_string()) return add_text(evaluator, std::move(left), std::move(right), out);
  if (left->is_array() && right->is_array()) return concatenate(evaluator, std::move(left), std::move(right), out);
  if (left->is_object() && right->is_object()) return merge(evaluator, std::move(left), std::move(right), out);
  return evaluator.fail_types(*left, *right, "cannot be added");
}

bool subtract(Evaluator& evaluator, const Json& left, const Json& right, Value& out) {
  if (both_numbers(left, right)) {
    out = Value::scalar(is_integer(left) && is_integer(right) ? from_wide(wide(left) - wide(right))
                                                              : number(left.get<double>() - right.get<double>()));
    return true;
  }
  if (!left.is_array() || !right.is_array()) return evaluator.fail_types(left, right, "cannot be subtracted");
  if (!evaluator.start_array(out)) return false;
  for (const auto& item : left) {
    bool keep = true;
    for (const auto& other : right) {
      std::size_t looked_at = 0;
      keep = !equal_values(item, other, looked_at);
      if (!evaluator.work(looked_at)) return false;
      if (!keep) break;
    }
    if (keep && !evaluator.append(out, Value(item))) return false;
  }
  return true;
}

bool multiply(Evaluator& evaluator, const Json& left, const Json& right, Value& out) {
  if (both_numbers(left, right)) {
    Wide product = 0;
    const bool exact =
        is_integer(left) && is_integer(right) && !__builtin_mul_overflow(wide(left), wide(right), &product);
    out = Value::scalar(exact ? from_wide(product) : number(left.get<double>() * right.get<double>()));
    return true;
  }
  if (left.is_string() && right.is_number()) {
    return repeat(evaluator, left.get_ref<const std::string&>(), right.get<double>(), out);
  }
  if (left.is_number() && right.is_string()) {
    return repeat(evaluator, right.get_ref<const std::string&>(), left.get<double>(), out);
  }
  if (!left.is_object() || !right.is_object()) return evaluator.fail_types(left, right, "cannot be multiplied");
  Value merged;
  if (!evaluator.give_copy(left, merged) || !merge_deep(evaluator, merged.own(), right)) return false;
  return evaluator.give(merged.release_json(), out);
}

bool divide(Evaluator& evaluator, const Json& left, const Json& right, Value& out) {
  if (both_numbers(left, right)) {
    if (right.get<double>() == 0) {
      return evaluator.fail_types(left, right, "cannot be divided because the divisor is zero");
    }
    if (is_integer(left) && is_integer(right) && wide(left) % wide(right) == 0) {
      out = Value::scalar(from_wide(wide(left) / wide(right)));
    } else {
      out = Value::scalar(number(left.get<double>() / right.get<double>()));
    }
    return true;
  }
  if (!left.is_string() || !right.is_string()) return evaluator.fail_types(left, right, "cannot be divided");
  return split_text(evaluator, left.get_ref<const std::string&>(), right.get_ref<const std::string&>(), out);
}

bool modulo(Evaluator& evaluator, const Json& left, const Json& right, Value& out) {
  if (!both_numbers(left, right)) return evaluator.fail_types(left, right, "cannot be divided (remainder)");
  const auto whole = [](const Json& value) -> Wide {
    if (is_integer(value)) return wide(value);
    const double number = value.get<double>();
    if (std::isnan(number)) return 0;
    return static_cast<Wide>(std::clamp(number, -0x1p63, 0x1p63));
  };
  const Wide divisor = whole(right);
  if (divisor == 0) {
    return evaluator.fail_types(left, right, "cannot be divided (remainder) because the divisor is zero");
  }
  out = Value::scalar(from_wide(whole(left) % divisor));
  return true;
}

bool negate(Evaluator& evaluator, const Json& value, Value& out) {
  if (!value.is_number()) return evaluator.fail_type(value, "cannot be negated");
  out = Value::scalar(is_integer(value) ? from_wide(-wide(value)) : Json(-value.get<double>()));
  return true;
}

bool split_text(Evaluator& evaluator, const std::string& text, const std::string& separator, Value& out) {
  if (!evaluator.start_array(out) || !evaluator.work(text.size() / 4)) return false;
  const auto add_piece = [&](std::string_view piece) {
    Value item;
    return evaluator.give_text(std::string(piece), item) && evaluator.append(out, std::move(item));
  };
  std::string_view rest = text;
  if (separator.empty()) {
    while (!rest.empty()) {
      const std::size_t length = utf8_length(rest);
      if (!add_piece(rest.substr(0, length))) return false;
      rest.remove_prefix(length);
    }
    return true;
  }
  if (rest.empty()) return true;
  for (;;) {
    const std::size_t found = rest.find(separator);
    if (!add_piece(rest.substr(0, found))) return false;
    if (found == std::string_view::npos) return true;
    rest.remove_prefix(found + separator.size());
  }
}

}  // namespace skald::expression

#include "engine/expression/compare.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace skald::expression {
namespace {

int rank(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return value.get<bool>() ? 2 : 1;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return 3;
    case Json::value_t::string:
      return 4;
    case Json::value_t::array:
      return 5;
    case Json::value_t::object:
      return 6;
    default:
      return 0;
  }
}

template <class T>
int sign(T left, T right) {
  return left < right ? -1 : (left == right ? 0 : 1);
}

__extension__ using Wide = __int128;

Wide integer(const Json& value) {
  return value.is_number_unsigned() ? static_cast<Wide>(value.get<std::uint64_t>())
                                    : static_cast<Wide>(value.get<std::int64_t>());
}

// An integer against a floating point number, without rounding the integer.
int compare_mixed(Wide left, double right) {
  if (std::isnan(right)) return 1;
  if (right >= 0x1p65) return -1;
  if (right <= -0x1p65) return 1;
  const double whole = std::floor(right);
  const int order = sign(left, static_cast<Wide>(whole));
  return order != 0 ? order : (right > whole ? -1 : 0);
}

int compare_numbers(const Json& left, const Json& right, int nan_order) {
  const bool left_float = left.is_number_float();
  const bool right_float = right.is_number_float();
  if (!left_float && !right_float) return sign(integer(left), integer(right));
  if (left_float && right_float) {
    const double a = left.get<double>();
    const double b = right.get<double>();
    if (std::isnan(a)) return std::isnan(b) ? nan_order : -1;
    return std::isnan(b) ? 1 : sign(a, b);
  }
  return left_float ? -compare_mixed(integer(right), left.get<double>())
                    : compare_mixed(integer(left), right.get<double>());
}

int compare_arrays(const Json& left, const Json& right, std::size_t& work, int nan_order) {
  const auto& a = left.get_ref<const Json::array_t&>();
  const auto& b = right.get_ref<const Json::array_t&>();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const int order = compare_values(a[i], b[i], work, nan_order)) return order;
  }
  return sign(a.size(), b.size());
}

// First the sorted keys as arrays, then the values key by key.
int compare_objects(const Json& left, const Json& right, std::size_t& work, int nan_order) {
  const auto& a = left.get_ref<const Json::object_t&>();
  const auto& b = right.get_ref<const Json::object_t&>();
  auto i = a.begin();
  auto j = b.begin();
  for (; i != a.end() && j != b.end(); ++i, ++j) {
    work += 1 + std::min(i->first.size(), j->first.size());
    if (const int order = i->first.compare(j->first)) return order;
  }
  if (a.size() != b.size()) return sign(a.size(), b.size());
  for (i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j) {
    if (const int order = compare_values(i->second, j->second, work, nan_order)) return order;
  }
  return 0;
}

}  // namespace

int compare_values(const Json& left, const Json& right, std::size_t& work, int nan_order) {
  work += 4;
  const int left_rank = rank(left);
  if (const int order = left_rank - rank(right)) return order;
  switch (left_rank) {
    case 3:
      return compare_numbers(left, right, nan_order);
    case 4: {
      const auto& a = left.get_ref<const std::string&>();
      const auto& b = right.get_ref<const std::string&>();
      work += std::min(a.size(), b.size()) / 16;
      return a.compare(b);
    }
    case 5:
      return compare_arrays(left, right, work, nan_order);
    case 6:
      return compare_objects(left, right, work, nan_order);
    default:
      return 0;
  }
}

bool equal_values(const Json& left, const Json& right, std::size_t& work) {
  if (left.is_string() && right.is_string()) {
    work += 4 + left.get_ref<const std::string&>().size() / 16;
    return left.get_ref<const std::string&>() == right.get_ref<const std::string&>();
  }
  return compare_values(left, right, work) == 0;
}

}  // namespace skald::expression

#include "engine/expression/value.hpp"

namespace skald::expression {

const Json kNullJson;
const Json Value::kNull;

Extent extent_of(const Json& value) {
  Extent extent;
  switch (value.type()) {
    case Json::value_t::string:
      extent.bytes = Extent::kContainer + value.get_ref<const std::string&>().size();
      break;
    case Json::value_t::array:
      extent.bytes = Extent::kContainer;
      extent.depth = 1;
      for (const auto& element : value.get_ref<const Json::array_t&>()) extent.add_element(extent_of(element));
      break;
    case Json::value_t::object:
      extent.bytes = Extent::kContainer;
      extent.depth = 1;
      for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
        extent.bytes += Extent::kMember + key.size();
        extent.add_element(extent_of(member));
      }
      break;
    default:
      break;
  }
  return extent;
}

}  // namespace skald::expression

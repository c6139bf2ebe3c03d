#pragma once

#include <string_view>

#include "engine/base/json.hpp"

namespace skald::definition {

// nullptr where `object` is none, or has no such member.
inline const Json* find_member(const Json& object, std::string_view key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it == object.end() ? nullptr : &*it;
}

}  // namespace skald::definition

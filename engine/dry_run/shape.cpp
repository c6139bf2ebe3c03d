#include "engine/dry_run/shape.hpp"

#include <nlohmann/json.hpp>

namespace skald::dry_run {
namespace {

// So that a loop goes round, and its order can be seen.
constexpr int kElements = 2;

}  // namespace

Shape& Shape::field(const std::string& name) {
  return fields_[name];
}

Shape& Shape::element() {
  if (!element_) element_ = std::make_unique<Shape>();
  return *element_;
}

const Shape* Shape::find_field(const std::string& name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? nullptr : &found->second;
}

Json Shape::sample(std::string_view name) const {
  if (!fields_.empty()) {
    Json object = Json::object();
    for (const auto& [key, shape] : fields_) object[key] = shape.sample(key);
    return object;
  }
  if (element_) {
    Json list = Json::array();
    for (int i = 0; i < kElements; ++i) list.push_back(element_->sample(name));
    return list;
  }
  return hint_ ? hint_->json() : Json(std::string(name) + "-1");
}

}  // namespace skald::dry_run

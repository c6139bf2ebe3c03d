// What is known of a value that nobody has seen yet, from how expressions use it: its fields, that it is a list, what
// it is compared with. Enough to make a sample that lets a flow go on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/payload.hpp"

namespace skald::dry_run {

class Shape {
 public:
  // Makes it an object that has the field, a list that has elements.
  Shape& field(const std::string& name);
  Shape& element();
  // It is compared with this value, or is of its type. The last hint counts.
  void hint(Payload value) { hint_ = std::move(value); }

  const Shape* find_field(const std::string& name) const;
  const Shape* find_element() const { return element_.get(); }
  const std::map<std::string, Shape>& fields() const { return fields_; }
  // Nothing is known of it.
  bool is_open() const { return fields_.empty() && !element_ && !hint_; }

  // A value of this shape; one of which nothing is known is the text "<name>-1".
  Json sample(std::string_view name) const;

 private:
  std::map<std::string, Shape> fields_;
  std::unique_ptr<Shape> element_;
  std::optional<Payload> hint_;
};

}  // namespace skald::dry_run

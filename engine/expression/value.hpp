// What evaluation passes around: a value that is either borrowed (it belongs to the input, the environment, a constant
// or an enclosing call) or owned, with what it costs; and the budget that is charged for it.
//
// Borrowing is what makes paths cheap: `$workflow.input.amount` copies nothing until the result is stored. A borrowed
// value is valid as long as the call that handed it out has not returned.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/json.hpp"

namespace skald::expression {

// How large and how deep a value is. Bytes are those of its content, near the length of its JSON text.
struct Extent {
  std::size_t bytes = 8;
  std::size_t depth = 0;  // 0 for scalars

  static constexpr std::size_t kScalar = 8;
  static constexpr std::size_t kContainer = 16;
  static constexpr std::size_t kMember = 16;  // of an object, besides its key and value

  void add_element(Extent element) {
    bytes += element.bytes;
    depth = std::max(depth, element.depth + 1);
  }
};

Extent extent_of(const Json& value);

// Counts one evaluation. Work is measured in units, 64 to a step, so that cheap inner loops can be charged as well.
struct Budget {
  static constexpr std::size_t kStep = 64;

  std::size_t units = 0;
  std::size_t units_max = 0;
  std::size_t bytes = 0;
  std::size_t bytes_max = 0;
};

class Value {
 public:
  Value() = default;  // null, borrowed
  explicit Value(const Json& borrowed) : ref_(&borrowed) {}
  Value(Json&& owned, Extent extent, Budget& budget)
      : own_(std::move(owned)), ref_(nullptr), budget_(&budget), extent_(extent) {
    budget.bytes += extent.bytes;
  }
  // Numbers, booleans and null: nothing to account for.
  static Value scalar(Json&& owned) {
    Value value;
    value.own_ = std::move(owned);
    value.ref_ = nullptr;
    return value;
  }
  Value(Value&& other) noexcept
      : own_(std::move(other.own_)),
        ref_(other.ref_),
        budget_(std::exchange(other.budget_, nullptr)),
        extent_(other.extent_) {}
  Value& operator=(Value&& other) noexcept {
    if (this == &other) return *this;
    release();
    own_ = std::move(other.own_);
    ref_ = other.ref_;
    budget_ = std::exchange(other.budget_, nullptr);
    extent_ = other.extent_;
    return *this;
  }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  ~Value() { release(); }

  bool owned() const { return ref_ == nullptr; }
  const Json& operator*() const { return ref_ ? *ref_ : own_; }
  const Json* operator->() const { return ref_ ? ref_ : &own_; }

  // Only for owned values.
  Json& own() { return own_; }
  Extent extent() const { return extent_; }
  void grow(Extent element) {
    const std::size_t before = extent_.bytes;
    extent_.add_element(element);
    if (budget_) budget_->bytes += extent_.bytes - before;
  }
  void grow_bytes(std::size_t bytes) {
    extent_.bytes += bytes;
    if (budget_) budget_->bytes += bytes;
  }
  void shrink_bytes(std::size_t bytes) {
    bytes = std::min(bytes, extent_.bytes);
    extent_.bytes -= bytes;
    if (budget_) budget_->bytes -= bytes;
  }
  // The JSON without its charge: for handing it over to a container that is charged for it.
  Json release_json() {
    release();
    return std::move(own_);
  }

 private:
  static const Json kNull;

  void release() {
    if (budget_) budget_->bytes -= extent_.bytes;
    budget_ = nullptr;
  }

  Json own_;
  const Json* ref_ = &kNull;
  Budget* budget_ = nullptr;
  Extent extent_;
};

extern const Json kNullJson;

}  // namespace skald::expression

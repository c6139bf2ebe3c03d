#include "engine/runtime/unique_key.hpp"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/definition/digest.hpp"
#include "engine/saga/variables.hpp"

namespace skald::runtime {
namespace {

// A longer one has no room in an index.
constexpr std::size_t kBytesMax = 128;
// Up to here each integer has a number of its own.
constexpr double kWholeMax = 9'007'199'254'740'992.0;

// 1 and 1.0 are the same number.
void write_whole_numbers(Json& value) {
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::trunc(number) == number && std::abs(number) <= kWholeMax) value = static_cast<std::int64_t>(number);
    return;
  }
  if (!value.is_structured()) return;
  for (auto& inner : value) write_whole_numbers(inner);
}

// The fields of an object are in order already. No JSON begins like a hash.
std::string to_key(Json value) {
  write_whole_numbers(value);
  auto text = dump_json(value);
  return text.size() <= kBytesMax ? text : "sha256:" + definition::sha256_hex(text);
}

}  // namespace

Result<std::optional<ports::UniqueKey>> unique_key_of(const definition::Definition& definition,
                                                      const saga::StartExecution& start, Timestamp at) {
  const auto& unique = definition.saga.unique;
  if (!unique) return std::nullopt;
  saga::State state;
  state.input = start.input;
  state.labels = start.labels;
  const saga::Scope scope;
  auto value = unique->key.evaluate(start.input.json(), saga::Variables(definition, state, scope));
  if (!value) {
    return failure("unique.invalid", "saga.unique makes no key of this input: " + value.error().message,
                   value.error().subject);
  }
  if (value->is_null()) return std::nullopt;
  return ports::UniqueKey{.key = to_key(std::move(*value)), .until = at + unique->within};
}

}  // namespace skald::runtime

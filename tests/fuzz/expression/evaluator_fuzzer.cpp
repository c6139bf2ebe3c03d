// Any expression on any input, separated by a zero byte: an answer or an error, the same both times, within limits.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/expression/expression.hpp"

namespace {

class Input final : public skald::expression::Environment {
 public:
  explicit Input(const skald::Json& value) : value_(value) {}
  std::optional<Found> resolve(std::string_view name, std::span<const std::string>) const override {
    return name == "x" ? std::optional(Found{&value_, 0}) : std::nullopt;
  }

 private:
  const skald::Json& value_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald::expression;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto zero = text.find('\0');
  const auto compiled = Expression::compile(text.substr(0, zero));
  if (!compiled) return 0;
  skald::Json input;
  if (zero != text.npos) {
    auto parsed = skald::parse_json(text.substr(zero + 1));
    if (!parsed) return 0;
    input = std::move(*parsed);
  }
  const Input environment(input);
  const Limits limits{.steps_max = 20'000, .value_bytes_max = 1 << 20};
  const auto first = compiled->evaluate(input, environment, limits);
  const auto second = compiled->evaluate(input, environment, limits);
  if (first.has_value() != second.has_value()) std::abort();
  if (first ? skald::dump_json(*first) != skald::dump_json(*second) : first.error() != second.error()) std::abort();
  if (first && !skald::parse_json(skald::dump_json(*first))) std::abort();
  (void)compiled->evaluate_condition(input, environment, limits);
  return 0;
}

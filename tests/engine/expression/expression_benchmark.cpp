// What evaluation costs. Run by hand: build/release/tests/engine/expression/expression_benchmark
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>

#include "engine/expression/value_template.hpp"

namespace skald::expression {
namespace {

const Json& workflow() {
  static const Json value = {{"input",
                              {{"orderId", "o-1"},
                               {"amount", 4999},
                               {"currency", "EUR"},
                               {"address", {{"city", "Köln"}, {"zip", "50667"}}},
                               {"items", Json::array({{{"sku", "a"}, {"quantity", 2}, {"price", 12.5}},
                                                      {{"sku", "b"}, {"quantity", 1}, {"price", 20}}})}}}};
  return value;
}

class Workflow final : public Environment {
 public:
  std::optional<Found> resolve(std::string_view name, std::span<const std::string> fields) const override {
    if (name == "workflow" && !fields.empty() && fields[0] == "input") return Found{&input_, 1};
    return std::nullopt;
  }

 private:
  const Json& input_ = workflow()["input"];
};

Expression must_compile(std::string_view source) {
  auto compiled = Expression::compile(source);
  if (!compiled) throw std::runtime_error(compiled.error().message);
  return *compiled;
}

void evaluate(benchmark::State& state, const char* source) {
  const auto expression = must_compile(source);
  const Workflow environment;
  const Json input = {{"chargeId", "ch-1"}, {"state", "done"}};
  for (auto _ : state) benchmark::DoNotOptimize(expression.evaluate(input, environment));
}

void condition(benchmark::State& state, const char* source) {
  const auto expression = must_compile(source);
  const Workflow environment;
  const Json input = {{"chargeId", "ch-1"}, {"state", "done"}};
  for (auto _ : state) benchmark::DoNotOptimize(expression.evaluate_condition(input, environment));
}

void render(benchmark::State& state) {
  const auto value = ValueTemplate::compile(Json{{"orderId", "${ $workflow.input.orderId }"},
                                                 {"amount", "${ $workflow.input.amount }"},
                                                 {"currency", "${ $workflow.input.currency }"}});
  const Workflow environment;
  for (auto _ : state) benchmark::DoNotOptimize(value->render(Json(), environment));
}

void compile(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(Expression::compile("{orderId: $workflow.input.orderId, chargeId: .chargeId}"));
  }
}

BENCHMARK_CAPTURE(evaluate, number_chain, "$workflow.input.amount");
BENCHMARK_CAPTURE(evaluate, text_chain, "$workflow.input.address.city");
BENCHMARK_CAPTURE(evaluate, input_field, ".chargeId");
BENCHMARK_CAPTURE(condition, comparison, ".state != \"pending\"");
BENCHMARK_CAPTURE(condition, conjunction, ".state == \"done\" and $workflow.input.amount > 100");
BENCHMARK_CAPTURE(evaluate, object,
                  "{orderId: $workflow.input.orderId, chargeId: .chargeId, amount: $workflow.input.amount}");
BENCHMARK_CAPTURE(evaluate, text, "\"Order \\($workflow.input.orderId) of \\($workflow.input.amount)\"");
BENCHMARK_CAPTURE(evaluate, sum, "[$workflow.input.items[] | .quantity * .price] | add");
BENCHMARK_CAPTURE(evaluate, reduce, "reduce range(1000) as $i (0; . + $i)");
BENCHMARK_CAPTURE(condition, regex, "$workflow.input.orderId | test(\"^o-[0-9]+$\")");
BENCHMARK_CAPTURE(evaluate, update, ".state |= ascii_upcase");
BENCHMARK(render);
BENCHMARK(compile);

}  // namespace
}  // namespace skald::expression

BENCHMARK_MAIN();
